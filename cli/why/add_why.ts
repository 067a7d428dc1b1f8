import type { Command } from "@commander-js/extra-typings";
import { collect, configured, examples } from "../flags/command_parts.ts";
import { duration, DURATION_HELP } from "../flags/duration.ts";
import { name, positiveInteger } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `why`, which calls `end` with its exit code. */
export function addWhy(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("why"))
    .description("Show the value of a row, its events, and which nodes have applied the last one")
    .argument("<table>", "Table of the row", name)
    .argument("<key>", "Key of the row", name)
    .option("-t, --topic <topic>", "Topic (project) of the row in the database", name)
    .option("-n, --count <n>", "Show only the last <n> events", positiveInteger)
    .option(
      "--url <url>",
      "Ask the service at this address, as http://host:8868 (repeatable)",
      collect,
    )
    .option("--timeout <duration>", "Maximum time to search for events (default: 30s)", duration)
    .option("--utc", "Print times in UTC instead of local time; JSON is always in UTC")
    .option("-j, --json", "Print one JSON object (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nThe value comes from the northbound database. The events come from the log and the recorder\n" +
        "([df] recorder_path) of each publisher in the publishers table; with a broker, of the service\n" +
        "on this host. The nodes are the subscribers of the last event's topic.\n" +
        DURATION_HELP +
        examples("why lport port-1", "why lport port-1 --count 10", "why lswitch net-1 --json"),
    )
    .action(async (table, key, flags) =>
      end(await (await import("./why.ts")).why({ table, key }, flags, io))
    );
}
