import assert from "node:assert/strict";
import { shellScript } from "../../../cli/completion/shell_scripts.ts";
import { SHELLS } from "../../../cli/completion/shells.ts";

Deno.test("shellScript has a script for each shell, and refuses any other name", () => {
  for (const shell of SHELLS) assert.match(shellScript(shell), /df-pubsub/);
  for (const shell of ["powershell", "constructor"]) {
    assert.throws(() => shellScript(shell), /: unknown shell, wanted one of bash, zsh, fish$/);
  }
});
