import { type Command, Option } from "@commander-js/extra-typings";
import { COLOUR_CHOICES } from "../terminal/colour.ts";
import { directoryPath } from "../../service/config/file_layers.ts";
import { EXIT_HELP } from "../terminal/exit_code.ts";
import { name } from "./flag_values.ts";

/** Collects the values of a repeatable flag. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/**
 * Adds the flags of every command with a configuration. Commander adds them to the type of the
 * command: only inference can express the resulting type.
 */
// deno-lint-ignore explicit-module-boundary-types
export function configured<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  // One list for both flags, as oslo.config reads them in the order of the command line.
  const paths: string[] = [];
  const add = (path: string) => {
    paths.push(name(path));
    return paths;
  };
  return command
    .option(
      "--config-file <file>",
      "Read this configuration file instead of the default ones; later files win (repeatable)",
      add,
    )
    .option(
      "--config-dir <directory>",
      "Read every *.conf file in this directory, in sorted order, instead of the default files (repeatable)",
      (path: string) => add(directoryPath(path)),
    )
    .addOption(
      new Option("--no-config", "Read no configuration file")
        .conflicts(["configFile", "configDir"]),
    )
    .option(
      "--set <group.option=value>",
      "Set one option; overrides files and variables (repeatable)",
      collect,
    )
    .addOption(new Option("-q, --quiet", "Print only warnings and errors").conflicts("verbose"))
    .option(
      "-v, --verbose",
      "Log at level debug, including the configuration files that were read",
    )
    .addOption(
      new Option("--color <when>", "Whether output has colours (default: auto, on a terminal)")
        .choices(COLOUR_CHOICES),
    );
}

/** Examples and exit codes for the end of a help text. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ df-pubsub ${line}`).join("\n")}\n\n${EXIT_HELP}`;
}
