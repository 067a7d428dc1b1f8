import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isRoot } from "../../support/nobody.ts";
import { tempDir } from "../../support/temp_dir.ts";

// The permissions of the executable: with all permissions Deno does not make paths absolute.
const PERMISSIONS = ["--allow-read", "--allow-run", "--allow-ffi"];
const SCRIPT = fileURLToPath(new URL("../../support/child_of_nobody.ts", import.meta.url));

for (
  const [mode, where, expected] of [
    [0o755, "its own directory", undefined],
    [0o700, "the root directory, if the account may not enter its own", "/"],
  ] as const
) {
  Deno.test({
    name: `startProgram starts a program in ${where}`,
    ignore: !isRoot,
    async fn() {
      await using directory = await tempDir();
      await Deno.chmod(directory.path, mode);
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", ...PERMISSIONS, "--no-check", SCRIPT],
        cwd: directory.path,
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      const lines = new TextDecoder().decode(stdout);
      assert.equal(lines, `${expected ?? directory.path}\nfailure: undefined\n`);
    },
  });
}
