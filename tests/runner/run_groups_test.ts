import assert from "node:assert/strict";
import { ROOT } from "../../packaging/child.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runGroups } from "./run_groups.ts";
import { CRASHES, FAILS, PASSES, writeGroups } from "./written_groups.ts";

const HANGS = 'Deno.test("hangs", () => new Promise((end) => setTimeout(end, 60_000)));';

/** Runs one group for each list of test files. */
async function outcomeOf(
  groups: readonly (readonly string[])[],
  signal: AbortSignal = new AbortController().signal,
) {
  await using directory = await tempDir();
  const printed: string[] = [];
  const outcome = await runGroups(await writeGroups(directory, groups), {
    ...{ root: ROOT, env: {}, signal, processes: 2 },
    print: (output) => void printed.push(output),
  });
  return { ...outcome, lines: outcome.failures.map(({ line }) => line).join("\n"), printed };
}

Deno.test("runGroups counts the tests of every file of a group, when one of another group fails", async () => {
  const { summary, lines, printed } = await outcomeOf([[PASSES, PASSES], [FAILS, PASSES]]);
  assert.deepEqual(summary, { passed: 3, failed: 1, ignored: 0 });
  assert.match(lines, /^fails => .*1_0\.ts:1:6$/);
  assert.equal(printed.length, 2);
  assert(printed.some((output) => output.includes("Error: wrong")));
});

Deno.test("runGroups counts a failure and names the files, when their process is killed", async () => {
  const { summary, lines } = await outcomeOf([[CRASHES]]);
  assert.deepEqual(summary, { passed: 0, failed: 1, ignored: 0 });
  assert.match(lines, /^exit code 137 of the process that ran .*0_0\.ts$/);
});

Deno.test("runGroups ends its processes and starts no more, when it is interrupted", async () => {
  const interruption = AbortSignal.timeout(500);
  const { summary, printed } = await outcomeOf([[HANGS], [HANGS], [PASSES]], interruption);
  assert.deepEqual([summary.passed, printed.length], [0, 2]);
});
