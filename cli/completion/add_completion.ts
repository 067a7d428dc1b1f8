import type { Command } from "@commander-js/extra-typings";
import { examples } from "../flags/command_parts.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { SHELLS } from "./shells.ts";

/** The command that the shells' scripts call. */
const COMPLETE = "complete";

/** Adds `completion`, and in a run that completes also the command that the scripts call. */
export function addCompletion(
  program: Command,
  io: Io,
  end: (code: ExitCode) => void,
  args: readonly string[],
): void {
  program.command("completion")
    .description("Print a completion script for a shell")
    .argument("<shell>", SHELLS.join(", "))
    .addHelpText(
      "after",
      "\nThe script completes commands, flags, files, options after --set, actions, and the tables and\n" +
        "topics of events that subscribe has received on this account.\n" +
        examples(
          "completion bash > /etc/bash_completion.d/df-pubsub",
          "completion zsh > /usr/share/zsh/vendor-completions/_df-pubsub",
          "completion fish > ~/.config/fish/completions/df-pubsub.fish",
        ),
    )
    .action(async (shell) => {
      io.out.write((await import("./shell_scripts.ts")).shellScript(shell));
      end(EXIT.done);
    });
  if (args[0] === COMPLETE) addComplete(program, io, end);
}

function addComplete(program: Command, io: Io, end: (code: ExitCode) => void): void {
  program.command(COMPLETE, { hidden: true })
    .argument("<shell>")
    .argument("<words...>")
    .action(async (shell, words) => {
      io.out.write(await (await import("./complete.ts")).complete(program, shell, words, io));
      end(EXIT.done);
    });
}
