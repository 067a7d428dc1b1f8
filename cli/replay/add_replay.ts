import { type Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { CHOICE_HELP, choosing } from "../events/event_flags.ts";
import { configured, examples } from "../flags/command_parts.ts";
import { DATE_HELP, parseDateTime } from "../flags/date_time.ts";
import { duration, DURATION_HELP, parseDuration } from "../flags/duration.ts";
import { positiveInteger, speed } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `replay`, which calls `end` with its exit code. */
export function addReplay(program: Command, io: Io, end: (code: ExitCode) => void): void {
  choosing(configured(program.command("replay")))
    .description("Publish the events of a recording again, with their original spacing")
    .argument("<file>", "File written by record or by subscribe --json; .gz if it is compressed")
    .option(
      "--speed <factor>",
      "Speed relative to the recording: 2 is twice as fast, max has no pauses (default: 1)",
      speed,
    )
    .option(
      "--from <time>",
      "Begin with events at this time, or this duration after the first event",
      moment,
    )
    .option(
      "--to <time>",
      "End with events at this time, or this duration after the first event",
      moment,
    )
    .option(
      "--from-line <n>",
      "Begin with this line of the file, to continue after an error",
      positiveInteger,
    )
    .option("--dry-run", "Show what would be published, without publishing")
    .option("-y, --yes", "Publish without asking; required without a terminal")
    .option(
      "--timeout <duration>",
      "Maximum time to wait for the service to accept an event",
      duration,
    )
    .option("-j, --json", "Print the result as JSON")
    .addHelpText(
      "after",
      CHOICE_HELP +
        "\nSubscribers see new events, with the publisher, sequence number and time of the replay. A\n" +
        "replay does not change the database.\n" +
        DATE_HELP +
        DURATION_HELP +
        examples(
          "replay events.jsonl --dry-run",
          "replay events.jsonl.gz --speed 10 --table lport",
          "replay events.jsonl --from 10m --to 15m",
          "replay events.jsonl --speed max --yes",
          "replay events.jsonl --from-line 1201 --yes",
        ),
    )
    .action(async (file, flags) =>
      end(await (await import("./replay.ts")).replay(file, flags, io))
    );
}

/** A time in Unix milliseconds, or milliseconds after the first event. */
export type Moment = { readonly at: number } | { readonly afterMs: number };

function moment(text: string): Moment {
  const afterMs = parseDuration(text);
  if (afterMs !== undefined) return { afterMs };
  const at = parseDateTime(text);
  if (at !== undefined) return { at };
  throw new InvalidArgumentError("wanted a time as 2026-11-29T10:00:00Z, or a duration as 90s");
}
