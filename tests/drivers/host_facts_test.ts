import assert from "node:assert/strict";
import { hostFacts } from "../../drivers/host.ts";
import { isRoot, NOBODY } from "../support/nobody.ts";
import { tempDir } from "../support/temp_dir.ts";

/** The runtime directory for an environment. */
function runtimeDirectory(xdg: string | undefined): string {
  const before = Deno.env.toObject();
  try {
    Deno.env.set("HOME", "/home/ada");
    if (xdg === undefined) Deno.env.delete("XDG_RUNTIME_DIR");
    else Deno.env.set("XDG_RUNTIME_DIR", xdg);
    return hostFacts().runtimeDirectory;
  } finally {
    for (const name of ["HOME", "XDG_RUNTIME_DIR"]) {
      if (before[name] === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before[name]);
    }
  }
}

Deno.test("hostFacts uses the runtime directory of the environment, when it belongs to this account", async () => {
  await using directory = await tempDir();
  assert.equal(runtimeDirectory(directory.path), directory.path);
  assert.equal(runtimeDirectory("/nonexistent"), "/nonexistent");
});

Deno.test("hostFacts never uses a runtime directory below /tmp, when the environment has none", () => {
  const usual = `/run/user/${Deno.uid()}`;
  for (const missing of [undefined, "", "relative"]) {
    assert([usual, "/home/ada/.local/state"].includes(runtimeDirectory(missing)));
  }
});

Deno.test({
  name: "hostFacts ignores a runtime directory, when it belongs to another account",
  ignore: !isRoot, // only root can give files to other accounts
  async fn() {
    await using directory = await tempDir();
    await Deno.chown(directory.path, NOBODY, NOBODY);
    assert.notEqual(runtimeDirectory(directory.path), directory.path);
  },
});
