import assert from "node:assert/strict";
import { ROOT } from "../../packaging/child.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp_dir.ts";
import { runGroups, type RunOptions } from "./run_groups.ts";
import { CRASHES, FAILS, PASSES, writeGroups } from "./written_groups.ts";

const HANGS = 'Deno.test("hangs", () => new Promise((end) => setTimeout(end, 60_000)));';

/** Its child holds the output open after it. */
const LEAVES_CHILD =
  `Deno.test({ name: "leaves a child", sanitizeResources: false, sanitizeOps: false, fn: () => {
  const child = new Deno.Command("sleep", { args: ["300"], stdin: "null" }).spawn();
  child.unref();
  console.log("child " + child.pid);
} });`;
/** Hangs with a child. */
const STARTS_CHILD = LEAVES_CHILD.replace(
  "console.log(",
  "return new Promise((end) => setTimeout(end, 60_000, console.log(",
).replace("child.pid);", "child.pid)));");

function exists(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Runs one group for each list of test files. */
async function outcomeOf(
  groups: readonly (readonly string[])[],
  more: Partial<RunOptions> = {},
) {
  await using directory = await tempDir();
  const printed: string[] = [];
  const outcome = await runGroups(await writeGroups(directory, groups), {
    ...{ root: ROOT, env: {}, signal: new AbortController().signal, processes: 2, ...more },
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
  const { summary, printed } = await outcomeOf([[HANGS], [HANGS], [PASSES]], {
    signal: AbortSignal.timeout(500),
  });
  assert.deepEqual([summary.passed, printed.length], [0, 2]);
});

Deno.test("runGroups kills a process that prints nothing for too long, with its children", async () => {
  const { summary, lines, printed } = await outcomeOf([[PASSES, STARTS_CHILD], [PASSES]], {
    silenceMs: 5_000,
  });
  assert.deepEqual(summary, { passed: 1, failed: 1, ignored: 0 });
  assert.match(lines, /^5 s without output of the process that ran \S+0_0\.ts \S+0_1\.ts$/);
  const child = Number(/child (\d+)/.exec(printed.join("\n"))?.[1]);
  await eventually(() => exists(child), (does) => !does);
});

Deno.test("runGroups does not wait for a child that is left with the output of its process", async () => {
  const { summary } = await outcomeOf([[LEAVES_CHILD]]);
  assert.deepEqual(summary, { passed: 1, failed: 0, ignored: 0 });
});
