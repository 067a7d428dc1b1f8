import type { Command } from "@commander-js/extra-typings";
import {
  CHOICE_HELP,
  choosing,
  FORMAT_HELP,
  formatting,
  subscribing,
} from "../events/event_flags.ts";
import { configured, examples } from "../flags/command_parts.ts";
import { DATE_HELP } from "../flags/date_time.ts";
import { duration, DURATION_HELP } from "../flags/duration.ts";
import { moment, positiveInteger } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const EXEC_HELP = `
A program of --exec has DF_TOPIC, DF_TABLE, DF_KEY, DF_ACTION, DF_PUBLISHER, DF_EPOCH, DF_SEQ,
DF_SENT_AT and DF_POSITION in its environment, and the event as a line of JSON on standard input.
`;

const PAST_HELP = `
Past events come from the log of each publisher ([df_zmq] wire_log_bytes) and from its recorder
([df] recorder_path), or from Redis streams or etcd. If fewer are kept than wanted, a notice says
since when. --last counts before filters apply. When a flag asks for past events, --text shows when
each event was sent. Events of Dragonflow have no time: on etcd, --since treats such an event as
sent together with the next event of its topic that has a time.
`;

/** Adds `subscribe`, which calls `end` with its exit code. */
export function addSubscribe(program: Command, io: Io, end: (code: ExitCode) => void): void {
  formatting(choosing(subscribing(configured(program.command("subscribe")))))
    .description("Print the events that publishers send")
    .option(
      "-n, --count <n>",
      "Stop after <n> events; rows of --snapshot and syncs after a new connection do not count",
      positiveInteger,
    )
    .option("--idle-timeout <duration>", "Stop after this time without an event", duration)
    .option(
      "--last <n>",
      "Begin with the last <n> events of each topic and publisher",
      positiveInteger,
    )
    .option("--until <when>", "Print events up to this age or date, and stop", moment)
    .option(
      "--end",
      "Stop after the last event that is already published (without --last: --since start)",
    )
    .option("--resolve", "Read a missing value of an event from the database")
    .option("--snapshot", "Print the rows of each --table, then a mark, then their changes")
    .option("--exec <command>", "Run this program for each event instead of printing it")
    .option(
      "--jobs <n>",
      "Maximum number of programs of --exec at once (default: 1)",
      positiveInteger,
    )
    .option("--shell", "Run the command of --exec with /bin/sh -c")
    .option("--fail-on-gap", "Exit with code 6 as soon as events are lost")
    .addHelpText(
      "after",
      CHOICE_HELP + FORMAT_HELP +
        "\nLost events are reported on standard error, as JSON when piped: lost with the sequence\n" +
        "numbers, or gap with the reason. The last line counts the events, except with JSON.\n" +
        PAST_HELP + DATE_HELP + EXEC_HELP +
        DURATION_HELP +
        examples(
          "subscribe",
          "subscribe -t 6f9f3e1a0c594c4b9a5e4d0e5a1f00aa --table lport",
          "subscribe --all-topics --exclude-action sync --where 'value.name~eth*'",
          "subscribe -n 1 --timeout 10",
          "subscribe -f '%I %-8a %T/%k %{value.name}'",
          "subscribe --snapshot --table lport --table lswitch",
          "subscribe --last 20 --end",
          "subscribe --table lport --exec /usr/local/bin/on-port",
          "subscribe --exec 'echo \"$DF_KEY\" >> keys' --shell",
          "subscribe --since 10m --table lport",
          "subscribe --since 15m --until 10m",
          "subscribe --json | df-pubsub publish --stdin --config-file other.ini",
        ),
    )
    .action(async (flags) => end(await (await import("./subscribe.ts")).subscribe(flags, io)));
}
