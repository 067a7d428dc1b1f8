import type { SourceFile } from "../support/architecture/architecture.ts";

/** Folders whose tests start whole programs. These are too slow to run once per mutant. */
const SLOW = /^tests\/(e2e|compiled|faults|packaging)\//;

/**
 * The tests that should notice a change of a source file, the likely fast ones first: the file's
 * own test, then those of the matching folder, then some others. Tests that reach the file by fewer
 * imports come first.
 */
export function testsOf(path: string, tree: readonly SourceFile[]): string[] {
  const tests = tree.filter((file) => file.path.endsWith("_test.ts") && !SLOW.test(file.path));
  const reach = new Map(tests.map(({ path: test }) => [test, distances(test, tree).get(path)]));
  const stem = (path.split("/").pop() ?? "").replace(/\.ts$/, "");
  const folder = `tests/${path.slice(0, path.lastIndexOf("/") + 1)}`;
  const isOwn = (test: string) => new RegExp(`/${stem}(_\\w+)?_test\\.ts$`).test(test);
  const reaching = [...reach].filter(([, steps]) => steps !== undefined).map(([test]) => test);
  const own = reaching.filter(isOwn);
  const steps = (test: string) => reach.get(test) ?? Infinity;
  const others = reaching.filter((test) => !isOwn(test)).sort((a, b) => steps(a) - steps(b));
  const near = others.filter((test) => test.startsWith(folder));
  const far = others.filter((test) => !test.startsWith(folder)).slice(0, MAX_FAR_TESTS);
  return [...own, ...near, ...far];
}

const MAX_FAR_TESTS = 12;

/** The number of imports between a file and each file that it reaches. */
function distances(from: string, tree: readonly SourceFile[]): ReadonlyMap<string, number> {
  const importsOf = new Map(tree.map(({ path, imports }) => [path, imports]));
  const steps = new Map([[from, 0]]);
  // A map iterates in the order of insertion, including entries added meanwhile.
  for (const [path, count] of steps) {
    for (const target of importsOf.get(path) ?? []) {
      if (!steps.has(target)) steps.set(target, count + 1);
    }
  }
  return steps;
}
