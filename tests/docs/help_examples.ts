import { createProgram } from "../../cli/program.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";
import { blocksOf, readPages } from "./pages.ts";
import { leavesOf } from "./usage.ts";

/** The examples in the help of all commands, each once, in the order of the commands. */
export function helpExamples(): string[] {
  const io = new FakeIo();
  const { commands } = createProgram(io, () => {});
  for (const command of [...commands, ...leavesOf(commands)]) command.outputHelp();
  return [...new Set(Array.from(io.out.text.matchAll(/^ {2}\$ (.+)$/gm), ([, line = ""]) => line))];
}

/**
 * The commands of the program in the shell blocks of the guides, without duplicates. Another test
 * executes the blocks marked `sh run`, each as a whole.
 */
export async function pageExamples(): Promise<string[]> {
  const guides = (await readPages()).filter(({ path }) => /^(?:README|docs\/\w+)\.md$/.test(path));
  const blocks = guides.flatMap((page) => blocksOf(page, "sh")).filter(({ info }) => info === "sh");
  const lines = blocks.flatMap(({ text }) => text.split("\n"));
  return [...new Set(lines.filter((line) => line.startsWith("df-pubsub ")))]
    .map((line) => line.replace(/ +#.*/, ""));
}

/** One example for each command: the first that `isPreferred`, or else the first of all. */
export function oneOfEachCommand(
  examples: readonly string[],
  isPreferred: (example: string) => boolean,
): string[] {
  const { commands } = createProgram(new FakeIo(), () => {});
  return leavesOf(commands).map(nameOf).flatMap((name) => {
    const own = examples.filter((line) => `${line} `.startsWith(`${name} `));
    return own.find(isPreferred) ?? own[0] ?? [];
  });
}

/** A command by all its names: `df-pubsub bench relay`. */
function nameOf(command: Named | null): string {
  return command === null ? "" : `${nameOf(command.parent)} ${command.name()}`.trim();
}

interface Named {
  readonly parent: Named | null;
  name(): string;
}
