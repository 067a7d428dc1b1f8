import type { Command } from "@commander-js/extra-typings";
import { examples } from "./flags/command_parts.ts";

const COMPLETION = "completion";
/** The command that the shells' scripts call. */
const COMPLETE = "complete";

/** Whether this run only prints or completes. */
export function asksForCompletion([first]: readonly string[]): boolean {
  return first === COMPLETION || first === COMPLETE;
}

const COMPLETION_TEXT = "Print a script for the shell that completes commands and flags";
const COMPLETION_HELP = examples("completion bash > /etc/bash_completion.d/df-pubsub");

/**
 * Adds the command to the help and the man page. The completion library adds the command itself,
 * but is loaded only for a completion.
 */
export function announceCompletion(program: Command): void {
  program.command(COMPLETION)
    .description(COMPLETION_TEXT)
    .argument("<shell>", "bash, zsh, fish or powershell")
    .addHelpText("after", COMPLETION_HELP);
}

/** Adds the command by the completion library. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  // The types of the library only accept Commander without the extra typings.
  tab(program as never, { completionCommandName: COMPLETION });
  const added = program.commands.find((command) => command.name() === COMPLETION);
  added?.description(COMPLETION_TEXT).addHelpText("after", COMPLETION_HELP);
}
