import { type Command, Option } from "@commander-js/extra-typings";
import { EXIT_HELP } from "./exit_code.ts";

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
    .option("--config-file <file>", "Read this file, as dragonflow.ini; repeatable", collect)
    .option("--config-dir <directory>", "Then its *.conf in order; repeatable", collect)
    .option("--set <group.option=value>", "Then set one option; repeatable", collect)
    .addOption(new Option("-q, --quiet", "Say only what went wrong").conflicts("verbose"))
    .option("-v, --verbose", "Say everything");
}

/** Examples and exit codes, for the end of a help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ df-pubsub ${line}`).join("\n")}\n\n${EXIT_HELP}`;
}
