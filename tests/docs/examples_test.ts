import { strictEqual } from "node:assert/strict";
import { examplesOf, Programs, promisedOutput } from "../support/programs.ts";

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
  await using programs = await Programs.open();
  for (const { code } of examples.flat()) await programs.add(code);
  await programs.check();
});

for (const { title, path, code } of examples.flat()) {
  Deno.test(`the example "${title}" of ${path} prints what it says`, async () => {
    await using programs = await Programs.open();
    strictEqual(await programs.run(await programs.add(code)), promisedOutput(code));
  });
}
