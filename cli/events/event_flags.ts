import { type Command, Option } from "@commander-js/extra-typings";
import { collect } from "../flags/command_parts.ts";
import { duration } from "../flags/duration.ts";
import { names, since, topics } from "../flags/flag_values.ts";

/** Adds the flags of a subscription: its topics and publishers, where it begins, when it ends. */
// deno-lint-ignore explicit-module-boundary-types
export function subscribing<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .option(
      "-t, --topic <glob>",
      "Also subscribe to this topic, besides the broadcast topic D (repeatable)",
      topics,
    )
    .option("--only-topic <glob>", "Subscribe to this topic and not to D (repeatable)", topics)
    .option("--all-topics", "Subscribe to every topic")
    .option("--uri <uri>", "Connect only to this publisher (repeatable)", collect)
    .option(
      "--since <when>",
      "Begin in the past: at start, an age as 90s or 2h, a date as 2026-11-29T13:00Z, or a position",
      since,
    )
    .option("--timeout <duration>", "Stop after this time", duration);
}

/**
 * Adds the flags that choose events. Commander adds them to the type of the command: only inference
 * can express the resulting type.
 */
// deno-lint-ignore explicit-module-boundary-types
export function choosing<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .option("--table <glob>", "Only events of matching tables (repeatable)", names)
    .option("--key <glob>", "Only events with a matching key (repeatable)", names)
    .option("--action <glob>", "Only events with a matching action (repeatable)", names)
    .option("--exclude-topic <glob>", "No events of matching topics (repeatable)", names)
    .option("--exclude-table <glob>", "No events of matching tables (repeatable)", names)
    .option("--exclude-key <glob>", "No events with a matching key (repeatable)", names)
    .option("--exclude-action <glob>", "No events with a matching action (repeatable)", names)
    .option(
      "--where <expression>",
      "Only events that meet this condition, for example value.mtu>=9000 (repeatable)",
      collect,
    );
}

/** Explains globs and the expressions of `--where`, for the help of a command that takes them. */
export const CHOICE_HELP = `
Globs: * is any text, ? is any one character, \\ takes the next character literally.

Expressions of --where: a path, or a path, an operator and a text or number:
  value.name       has it               value.name~eth*    !~   matches a glob, or not
  value.name=eth0  !=  is it, or not    value.mtu>=9000  > <= <  compares numbers
A path is the name of a field of --json. After value it continues into the JSON of the value:
  value.ports[0].name  value["odd name"]
`;

/** Adds the flags that choose how events are printed. */
// deno-lint-ignore explicit-module-boundary-types
export function formatting<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .addOption(
      new Option(
        "-j, --json [style]",
        "Print JSON lines (default when output is not a terminal); nested: values as JSON",
      ).choices(["nested"]).conflicts(["format", "text"]),
    )
    .addOption(
      new Option(
        "-f, --format <template>",
        "Print events with this template, for example '%I %t %k %{value.name}'",
      )
        .conflicts(["text", "pretty", "keysOnly"]),
    )
    .option("--text", "Print lines for people (default on a terminal)")
    .option("--pretty", "Print values over several lines, or with --json the whole object")
    .option("--keys-only", "Leave values out")
    .option("--utc", "Print times in UTC instead of local time; JSON is always in UTC")
    .addOption(
      new Option("--delta", "Print the time since the line before instead of the time")
        .conflicts("utc"),
    );
}

/** Explains the templates of `--format`, for the help of a command that takes them. */
export const FORMAT_HELP = `
Templates of --format:
  %t  topic     %I  time of arrival, ISO 8601      %p  publisher   %j  line of --json
  %T  table     %U  the same, Unix seconds         %e  epoch       %J  line of --json=nested
  %k  key       %L  latency in ms, by two clocks   %s  seq         %%  percent sign
  %a  action    %l  bytes of the value             %o  position
  %v  value     %{value.name}  a path, as in --where
  %-20k  20 columns, left   %20k  right   %.20k  at most 20   \\n \\t \\r \\e \\0 \\\\  characters
Each event ends with a newline, unless the template ends with \\c. A missing field is empty.
`;
