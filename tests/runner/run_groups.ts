import { isAbsolute, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Group } from "./groups.ts";
import { failuresIn, NO_TESTS, type Summary, summaryOf, sumOf } from "./summary.ts";
import { runDeno } from "./test_process.ts";

/**
 * Processes side by side, each with tests of its own: some count the descriptors and threads of
 * their process. Twice the number of processors of a small machine, because many tests wait.
 */
export const PROCESSES = 4;

/** No test takes as long, even on a loaded machine; each test prints a line. */
const SILENCE_MS = 300_000;

const TEST = [
  ...["test", "-A", "--no-check", "--preload=tests/support/preload.ts"],
  ...["--sanitize-ops", "--sanitize-resources"],
];

/** A test, or a whole process, that failed. */
export interface Failure {
  /** Names it. */
  readonly line: string;
  /** The file that declares the test; undefined when a process failed, or a file did not load. */
  readonly file: string | undefined;
  /** What ran in its process. */
  readonly group: Group;
  /** The process was killed because a test of it hung. */
  readonly wasSilent: boolean;
}

/** How tests ended. */
export interface Outcome {
  /** A process that ended before its last test counts as a failed test. */
  readonly summary: Summary;
  readonly failures: readonly Failure[];
}

/** What groups are run with. */
export interface RunOptions {
  /** The directory of the project. */
  readonly root: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the processes and starts no others. */
  readonly signal: AbortSignal;
  /** Receives all that a group has printed when it has ended. */
  readonly print: (output: string) => void;
  /** Maximum number of groups that run at the same time. */
  readonly processes: number;
  /** A process that prints nothing for this long is killed. @default 300,000 */
  readonly silenceMs?: number;
}

/** Runs every group, in order. */
export async function runGroups(groups: readonly Group[], options: RunOptions): Promise<Outcome> {
  const waiting = [...groups];
  const outcomes: Outcome[] = [];
  const runNext = async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      if (options.signal.aborted) return;
      outcomes.push(await runGroup(group, options));
    }
  };
  await Promise.all(Array.from({ length: options.processes }, runNext));
  return {
    summary: outcomes.map(({ summary }) => summary).reduce(sumOf, NO_TESTS),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

async function runGroup(group: Group, options: RunOptions): Promise<Outcome> {
  const entry = await Deno.makeTempFile({ prefix: "group-", suffix: "_test.ts" });
  try {
    await Deno.writeTextFile(entry, group.map((path) => importOf(options.root, path)).join("\n"));
    return await runEntry(entry, group, options);
  } finally {
    await Deno.remove(entry);
  }
}

/** One module that imports the files: `deno test` loads what they share once, and not once a file. */
function importOf(root: string, path: string): string {
  const { href } = pathToFileURL(isAbsolute(path) ? path : join(root, path));
  return `import ${JSON.stringify(href)};`;
}

async function runEntry(entry: string, group: Group, options: RunOptions): Promise<Outcome> {
  const { root, env, signal, print, silenceMs = SILENCE_MS } = options;
  const process = { cwd: root, env, signal, silenceMs };
  const { code, output, wasSilent } = await runDeno([...TEST, entry], process);
  print(output);
  const summary = summaryOf(output);
  const isWhole = summary !== undefined && (code === 0 || summary.failed > 0);
  if (isWhole) return { summary, failures: failuresIn(output).map(failure) };
  const end = wasSilent ? `${silenceMs / 1000} s without output` : `exit code ${code}`;
  const crash = `${end} of the process that ran ${group.join(" ")}`;
  return { summary: { ...(summary ?? NO_TESTS), failed: 1 }, failures: [failure(crash)] };

  function failure(line: string): Failure {
    return { line, file: fileIn(line, root), group, wasSilent };
  }
}

/** The file that such a line names, as in a group: relative to the project if it is inside. */
function fileIn(line: string, root: string): string | undefined {
  const [, named] = / => (.+):\d+:\d+$/.exec(line) ?? [];
  if (named === undefined) return undefined;
  const path = join(root, named);
  const inside = relative(root, path);
  return inside.startsWith("..") ? path : inside;
}
