import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { hostName } from "../../../drivers/_internal/host_name.ts";
import { isRoot } from "../../support/nobody.ts";
import { tempDir } from "../../support/temp_dir.ts";

const SCRIPT = "import socket; print(socket.getfqdn())";

Deno.test("hostName equals Python's socket.getfqdn() on this host", async () => {
  const python = new Deno.Command("/usr/bin/python3", { args: ["-c", SCRIPT] });
  const expected = new TextDecoder().decode((await python.output()).stdout).trim();
  assert.notEqual(expected, "");
  assert.equal(await hostName(), expected);
});

Deno.test({
  name: "hostName is the same in a directory that the account may not enter",
  ignore: !isRoot,
  async fn() {
    await using directory = await tempDir();
    await Deno.chmod(directory.path, 0o700);
    const script = fileURLToPath(new URL("../../support/host_name_of_nobody.ts", import.meta.url));
    const nobody = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script],
      cwd: directory.path,
    }).output();
    assert.equal(new TextDecoder().decode(nobody.stderr), "");
    assert.equal(new TextDecoder().decode(nobody.stdout).trim(), await hostName());
  },
});
