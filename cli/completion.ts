import type { Command } from "@commander-js/extra-typings";
import { examples } from "./flags/command_parts.ts";

const COMPLETION = "completion";
/** What the shells' scripts call. */
const COMPLETE = "complete";

/** Whether this run is about nothing else. */
export function asksForCompletion([first]: readonly string[]): boolean {
  return first === COMPLETION || first === COMPLETE;
}

const COMPLETION_TEXT = "Print a script for the shell that completes commands and flags";
const COMPLETION_HELP = examples("completion bash > /etc/bash_completion.d/df-pubsub");

/**
 * Has the help and the man page tell of the command. The library that completes adds it itself, and
 * is loaded only where completion is asked for.
 */
export function announceCompletion(program: Command): void {
  program.command(COMPLETION)
    .description(COMPLETION_TEXT)
    .argument("<shell>", "bash, zsh, fish or powershell")
    .addHelpText("after", COMPLETION_HELP);
}

/** Adds the command with the library that completes. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  // Its types know Commander without the extra typings only.
  tab(program as never, { completionCommandName: COMPLETION });
  const added = program.commands.find((command) => command.name() === COMPLETION);
  added?.description(COMPLETION_TEXT).addHelpText("after", COMPLETION_HELP);
}
