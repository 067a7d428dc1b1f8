import { CommanderError } from "@commander-js/extra-typings";
import { optionTable } from "../../cli/composition.ts";
import { createProgram } from "../../cli/program.ts";
import { checkEventFlags, type EventFlags } from "../../cli/publish/event_input.ts";
import { readConfig } from "../../service/config/load_config.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";

type Program = ReturnType<typeof createProgram>;
type Command = Program["commands"][number];

/** The program without what its commands do, and what it writes. */
function parser(io: FakeIo, onParsed: (command: Command) => void): Program {
  const program = createProgram(io, () => {});
  for (const command of leavesOf(program.commands)) command.action(() => onParsed(command));
  return program;
}

/** The commands that have no commands below them. */
export function leavesOf(commands: readonly Command[]): Command[] {
  return commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : leavesOf(command.commands)
  );
}

/** What the program would say of the usage of these arguments; undefined when they are right. */
export async function usageProblem(args: readonly string[]): Promise<string | undefined> {
  const io = new FakeIo();
  let parsed: Command | undefined;
  try {
    await parser(io, (command) => parsed = command).parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : io.err.text;
  }
  if (parsed === undefined) return "no command";
  const flags: EventFlags = parsed.opts();
  return eventProblem(parsed.name(), flags) ?? await optionProblem(flags.set ?? [], io);
}

function eventProblem(name: string, flags: EventFlags): string | undefined {
  try {
    if (name === "publish") checkEventFlags(flags);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function optionProblem(
  overrides: readonly string[],
  io: FakeIo,
): Promise<string | undefined> {
  const { problems } = await readConfig({ table: optionTable, overrides, facts: io.facts, io });
  return problems[0];
}
