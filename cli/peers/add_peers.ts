import { type Command, Option } from "@commander-js/extra-typings";
import { collect, configured, examples } from "../flags/command_parts.ts";
import { duration, DURATION_HELP } from "../flags/duration.ts";
import { positiveInteger } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { SORT_KEYS } from "./peer_row.ts";

/** Adds `peers`, which calls `end` with its exit code. */
export function addPeers(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("peers"))
    .description("Show the subscribers of every publisher, and how far behind each is")
    .option(
      "--behind [n]",
      "Show only subscribers whose application lacks at least <n> events; without <n>, those that " +
        "have lacked one for 3 seconds",
      positiveInteger,
    )
    .option("-t, --topic <topic>", "Show only subscribers of this topic")
    .addOption(
      new Option("--sort <column>", "Sort by this column (default: lag)")
        .choices(SORT_KEYS),
    )
    .option("--watch", "Show the table again every second, in place on a terminal")
    .option(
      "--url <url>",
      "Ask the service at this address, as http://host:8868 (repeatable)",
      collect,
    )
    .option("--timeout <duration>", "Maximum time to wait for each answer (default: 5s)", duration)
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nThe command asks each publisher of the publishers table; with a broker, the service of this\n" +
        "host. The lag counts the events that the application has not taken. Applications report it\n" +
        "once per second.\n" + DURATION_HELP +
        examples("peers", "peers --behind 1000", "peers --topic D --sort node", "peers --watch"),
    )
    .action(async (flags) => end(await (await import("./peers.ts")).peers(flags, io)));
}
