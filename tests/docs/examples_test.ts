import { strictEqual } from "node:assert/strict";
import { libraryExamples, promisedOutput } from "../support/programs.ts";
import { Project, succeeded } from "../support/project.ts";

// The tests of the library's packages check their types.
for (const { title, path, code } of await libraryExamples()) {
  Deno.test(`the example "${title}" of ${path} prints what it says`, async () => {
    await using project = await Project.open();
    await project.write("example.ts", code);
    await using program = project.startProgram("example.ts");
    strictEqual(succeeded(await program.result()), promisedOutput(code));
  });
}
