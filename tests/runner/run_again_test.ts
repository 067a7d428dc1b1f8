import assert from "node:assert/strict";
import { ROOT } from "../../packaging/child.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runAgain, testFilesOf } from "./run_again.ts";
import { runGroups, type RunOptions } from "./run_groups.ts";
import { CRASHES, FAILS, PASSES, writeGroups } from "./written_groups.ts";

/** Fails when it runs first, and notes beside it that it ran. */
const FAILS_ONCE = `Deno.test("fails once", () => {
  const note = new URL("ran", import.meta.url);
  const hasRun = (() => { try { return Deno.statSync(note).isFile; } catch { return false; } })();
  Deno.writeTextFileSync(note, "");
  if (!hasRun) throw new Error("too early");
});`;

const OPTIONS: RunOptions = {
  ...{ root: ROOT, env: {}, signal: new AbortController().signal, processes: 2 },
  print: () => {},
};

/** Runs one group for each list of test files, and then what has failed once more. */
async function outcomeOf(groups: readonly (readonly string[])[]) {
  await using directory = await tempDir();
  const printed: string[] = [];
  const options = { ...OPTIONS, print: (output: string) => void printed.push(output) };
  const first = await runGroups(await writeGroups(directory, groups), options);
  const { summary, failures, races } = await runAgain(first, options);
  return { summary, failures, races, output: printed.join("\n"), runs: printed.length };
}

Deno.test("runAgain passes and names the test, when it passes once it runs alone", async () => {
  const { summary, failures, races, output } = await outcomeOf([[FAILS_ONCE, PASSES, PASSES]]);
  assert.deepEqual(summary, { passed: 3, failed: 0, ignored: 0 });
  assert.deepEqual(failures, []);
  assert.match(races.map(({ line }) => line).join("\n"), /^fails once => .*0_0\.ts:1:6$/);
  assert.match(
    output,
    /Error: too early[^]*^Running again, alone: \S+0_0\.ts$[^]*^ok \| 1 passed/m,
  );
});

Deno.test("runAgain runs every file of a process that hung, and counts the tests in them", async () => {
  await using directory = await tempDir();
  const [group = []] = await writeGroups(directory, [[PASSES, PASSES]]);
  const failure = { line: "hung", file: undefined, group, wasSilent: true };
  const first = { summary: { passed: 1, failed: 1, ignored: 0 }, failures: [failure] };
  const { summary, races } = await runAgain(first, OPTIONS);
  assert.deepEqual(summary, { passed: 3, failed: 0, ignored: 0 });
  assert.deepEqual(races, [failure]);
});

Deno.test("runAgain fails as at first, when one of the tests fails again", async () => {
  const { summary, failures, races } = await outcomeOf([[FAILS_ONCE, PASSES, FAILS]]);
  assert.deepEqual(summary, { passed: 1, failed: 2, ignored: 0 });
  assert.deepEqual([failures.length, races], [2, []]);
});

Deno.test("runAgain runs nothing, when more than three files have failures", async () => {
  const { summary, failures, runs } = await outcomeOf([[FAILS, FAILS, FAILS, FAILS]]);
  assert.equal(summary.failed, 4);
  assert.deepEqual([failures.length, runs], [4, 1]);
});

Deno.test("runAgain runs nothing, when a process was killed", async () => {
  const { summary, failures, runs } = await outcomeOf([[CRASHES]]);
  assert.equal(summary.failed, 1);
  assert.deepEqual([failures.length, runs], [1, 1]);
});

Deno.test("testFilesOf finds the files of a group that share a suite, when the suite declares the test", async () => {
  const [memory, redis, other] = [
    "tests/drivers/pubsub/memory_test.ts",
    "tests/drivers/pubsub/redis_test.ts",
    "tests/runner/groups_test.ts",
  ];
  const group = [memory, other, redis];
  const failure = { line: "" };
  const suite = "tests/contract/pubsub_contract.ts";
  assert.deepEqual(await testFilesOf({ ...failure, file: suite, group }), [memory, redis]);
  assert.deepEqual(await testFilesOf({ ...failure, file: other, group }), [other]);
  assert.deepEqual(await testFilesOf({ ...failure, file: "tests/none.ts", group }), group);
});
