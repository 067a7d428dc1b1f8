import { readSourceTree } from "../support/architecture/source_tree.ts";
import type { Group } from "./groups.ts";
import { type Failure, type Outcome, runGroups, type RunOptions } from "./run_groups.ts";
import { sumOf } from "./summary.ts";

/** With more failed files and hung processes than these, the fault is not a race. */
const MAX_FILES = 3;

/** How tests ended when some of them have run again. */
export interface FinalOutcome extends Outcome {
  /** What failed first and passed when it ran again, alone. */
  readonly races: readonly Failure[];
}

/**
 * Runs the files in which tests failed, and the group of a process that hung, once more, one process
 * at a time, when these are at most three and no process crashed. If everything in them passes, the
 * run has passed; if not, it ended as it did at first.
 */
export async function runAgain(first: Outcome, options: RunOptions): Promise<FinalOutcome> {
  const asItWas = { ...first, races: [] };
  if (!isRace(first.failures) || options.signal.aborted) return asItWas;
  const hung = first.failures.filter(({ wasSilent }) => wasSilent).map(({ group }) => group);
  const failed = await groupsToRepeat(first.failures.filter(({ wasSilent }) => !wasSilent));
  options.print(`Running again, alone: ${[...hung, ...failed].flat().join(" ")}`);
  const alone = { ...options, processes: 1 };
  const ofHung = await runGroups(hung, alone);
  const ofFailed = await runGroups(failed, alone);
  if (ofHung.summary.failed + ofFailed.summary.failed > 0 || options.signal.aborted) return asItWas;
  // The failed tests have passed now. A process that hung counted as one, and none of its tests did.
  const { passed, failed: failures, ignored } = sumOf(first.summary, ofHung.summary);
  const summary = { passed: passed + failures - hung.length, failed: 0, ignored };
  return { summary, failures: [], races: first.failures };
}

function isRace(failures: readonly Failure[]): boolean {
  const hasCrash = failures.some(({ file, wasSilent }) => file === undefined && !wasSilent);
  const places = new Set(failures.map(({ file, group }) => file ?? group));
  return !hasCrash && places.size > 0 && places.size <= MAX_FILES;
}

/** A group for each test file with failures. */
async function groupsToRepeat(failures: readonly Failure[]): Promise<Group[]> {
  const files = new Set<string>();
  for (const failure of failures) {
    for (const file of await testFilesOf(failure)) files.add(file);
  }
  return [...files].map((file) => [file]);
}

/** The test file of a failure: several when a suite that they share declares the test. */
export async function testFilesOf(
  { file, group }: Pick<Failure, "file" | "group">,
): Promise<Group> {
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
