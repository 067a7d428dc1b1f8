import { readSourceTree } from "../support/source_tree.ts";
import type { Group } from "./groups.ts";
import { type Failure, type Outcome, runGroups, type RunOptions } from "./run_groups.ts";

/** With failures in more files than these, the fault is not a race. */
const MAX_FILES = 3;

/** How tests ended when some of them have run again. */
export interface FinalOutcome extends Outcome {
  /** What failed first and passed when it ran again, alone. */
  readonly races: readonly Failure[];
}

/**
 * Runs the files in which tests failed once more, one process at a time, when these are at most
 * three and no process crashed. If everything in them passes, the run has passed; if not, it ended
 * as it did at first.
 */
export async function runAgain(first: Outcome, options: RunOptions): Promise<FinalOutcome> {
  const asItWas = { ...first, races: [] };
  const groups = options.signal.aborted ? [] : await groupsToRepeat(first.failures);
  if (groups.length === 0) return asItWas;
  options.print(`Running again, alone: ${groups.flat().join(" ")}`);
  const { summary: { failed } } = await runGroups(groups, { ...options, processes: 1 });
  if (failed > 0 || options.signal.aborted) return asItWas;
  const summary = { ...first.summary, passed: first.summary.passed + first.summary.failed };
  return { summary: { ...summary, failed: 0 }, failures: [], races: first.failures };
}

/** A group for each test file with failures; none when they cannot be a race. */
async function groupsToRepeat(failures: readonly Failure[]): Promise<Group[]> {
  const declaring = new Set(failures.map(({ file }) => file));
  if (declaring.has(undefined) || declaring.size > MAX_FILES) return [];
  const files = new Set<string>();
  for (const failure of failures) {
    for (const file of await testFilesOf(failure)) files.add(file);
  }
  return [...files].map((file) => [file]);
}

/** The test file of a failure: several when a suite that they share declares the test. */
export async function testFilesOf({ file, group }: Failure): Promise<Group> {
  if (file === undefined) return group;
  if (group.includes(file)) return [file];
  const tree = await readSourceTree(group);
  const imports = new Map(tree.map(({ path, imports }) => [path, imports]));
  const reaches = (path: string, seen: Set<string>): boolean => {
    if (path === file || seen.has(path)) return path === file;
    seen.add(path);
    return (imports.get(path) ?? []).some((target) => reaches(target, seen));
  };
  const found = group.filter((path) => reaches(path, new Set()));
  return found.length > 0 ? found : group;
}
