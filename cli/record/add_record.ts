import type { Command } from "@commander-js/extra-typings";
import { CHOICE_HELP, choosing, subscribing } from "../events/event_flags.ts";
import { configured, examples } from "../flags/command_parts.ts";
import { DATE_HELP } from "../flags/date_time.ts";
import { DURATION_HELP } from "../flags/duration.ts";
import { name, positiveInteger } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `record`, which calls `end` with its exit code. */
export function addRecord(program: Command, io: Io, end: (code: ExitCode) => void): void {
  choosing(subscribing(configured(program.command("record"))))
    .description("Write events of the network to a file, for replay")
    .argument("<file>", "New file of JSON lines; compressed with gzip if its name ends with .gz")
    .option("--append", "Append to an existing file")
    .option("--force", "Overwrite an existing file")
    .option(
      "--from-recorder [directory]",
      "Read the recorder of this host's service instead of the network, and stop at its end (default " +
        "directory: [df] recorder_path)",
      name,
    )
    .option("-n, --count <n>", "Stop after <n> events", positiveInteger)
    .addHelpText(
      "after",
      CHOICE_HELP +
        "\nThe lines are those of subscribe --json. After a crash the file still ends with a whole line;\n" +
        "a compressed file may lack the last second. Only the owner of the file can read it, because\n" +
        "it contains the values of rows. Without a flag for topics, --from-recorder has all.\n" +
        DATE_HELP + DURATION_HELP +
        examples(
          "record events.jsonl --all-topics",
          "record events.jsonl.gz --table lport --timeout 1h",
          "record events.jsonl --append --topic 6f9f3e1a0c594c4b9a5e4d0e5a1f00aa",
          "record incident.jsonl.gz --from-recorder --since 2h",
        ),
    )
    .action(async (file, flags) =>
      end(await (await import("./record.ts")).record(file, flags, io))
    );
}
