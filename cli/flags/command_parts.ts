import { type Command, Option } from "@commander-js/extra-typings";
import { EXIT_HELP } from "../terminal/exit_code.ts";

/** Gathers the values of a flag that may be given several times. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/**
 * The flags that every command with a configuration takes. Commander adds them to the type of the
 * command, and only inference can spell what comes of it.
 */
// deno-lint-ignore explicit-module-boundary-types
export function configured<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .option(
      "--config-file <file>",
      "Read this configuration file instead of the usual ones; later files win (repeatable)",
      collect,
    )
    .option(
      "--config-dir <directory>",
      "Also read every *.conf file in this directory, in sorted order (repeatable)",
      collect,
    )
    .addOption(
      new Option("--no-config", "Read no configuration file at all")
        .conflicts(["configFile", "configDir"]),
    )
    .option(
      "--set <group.option=value>",
      "Set one option, whatever files and variables say (repeatable)",
      collect,
    )
    .addOption(new Option("-q, --quiet", "Print only warnings and errors").conflicts("verbose"))
    .option("-v, --verbose", "Log at level debug, and which configuration files were read");
}

/** Examples and exit codes, for the end of a help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ df-pubsub ${line}`).join("\n")}\n\n${EXIT_HELP}`;
}
