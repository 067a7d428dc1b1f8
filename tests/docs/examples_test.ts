import { strictEqual } from "node:assert/strict";
import { examplesOf, promisedOutput } from "../support/programs.ts";
import { Project, succeeded } from "../support/project.ts";

/** Every file that an entry point takes exports from, where users look for examples. */
const SOURCES = [
  "mod.ts",
  "driver.ts",
  "wire.ts",
  "library/config.ts",
  "library/console_logger.ts",
  "library/open.ts",
];

const examples = await Array.fromAsync(SOURCES, examplesOf);

Deno.test("every example of the library type-checks, with default compiler options", async () => {
  await using project = await Project.open();
  const names = examples.flat().map((_, index) => `example_${index}.ts`);
  for (const [index, { code }] of examples.flat().entries()) {
    await project.write(names[index] ?? "", code);
  }
  await project.run("check", ...names);
});

for (const { title, path, code } of examples.flat()) {
  Deno.test(`the example "${title}" of ${path} prints what it says`, async () => {
    await using project = await Project.open();
    await project.write("example.ts", code);
    await using program = project.startProgram("example.ts");
    strictEqual(succeeded(await program.result()), promisedOutput(code));
  });
}
