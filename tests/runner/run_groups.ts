import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { Group } from "./groups.ts";
import { failuresIn, NO_TESTS, type Summary, summaryOf, sumOf } from "./summary.ts";

/** Processes side by side. Tests of one process count its descriptors and threads, so none is shared. */
const PROCESSES = 2;

const TEST = [
  ...["test", "-A", "--no-check", "--preload=tests/support/preload.ts"],
  ...["--sanitize-ops", "--sanitize-resources"],
];

/** How tests ended. */
export interface Outcome {
  /** A process that ended before its last test counts as a failed test. */
  readonly summary: Summary;
  /** What failed, one line each. */
  readonly failures: readonly string[];
}

/** What groups are run with. */
export interface RunOptions {
  /** The directory of the project. */
  readonly root: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the processes and starts no more. */
  readonly signal: AbortSignal;
  /** Receives all that a group has printed when it has ended. */
  readonly print: (output: string) => void;
}

/** Runs every group, two at a time, in order. */
export async function runGroups(groups: readonly Group[], options: RunOptions): Promise<Outcome> {
  const waiting = [...groups];
  const outcomes: Outcome[] = [];
  const runNext = async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      if (options.signal.aborted) return;
      outcomes.push(await runGroup(group, options));
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, runNext));
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
  const { root, env, signal, print } = options;
  const args = [...TEST, entry];
  const command = new Deno.Command(Deno.execPath(), { args, cwd: root, env: { ...env }, signal });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  const output = stripVTControlCharacters(text.decode(stdout) + text.decode(stderr));
  print(output);
  const summary = summaryOf(output);
  const isWhole = summary !== undefined && (code === 0 || summary.failed > 0);
  if (isWhole) return { summary, failures: failuresIn(output) };
  const crash = `exit code ${code} of the process that ran ${group.join(" ")}`;
  return { summary: { ...(summary ?? NO_TESTS), failed: 1 }, failures: [crash] };
}
