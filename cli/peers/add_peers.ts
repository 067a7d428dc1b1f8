import { type Command, Option } from "@commander-js/extra-typings";
import { collect, configured, examples } from "../flags/command_parts.ts";
import { positiveInteger, seconds } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `peers`; `end` gets its exit code. */
export function addPeers(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("peers"))
    .description("Show the subscribers of every publisher, and how far behind each is")
    .option(
      "--behind [n]",
      "Only those whose application lacks at least this number of events; without a number, those " +
        "that have lacked one for 3 seconds",
      positiveInteger,
    )
    .option("--topic <topic>", "Only subscribers of this topic")
    .addOption(
      new Option("--sort <column>", "Sort by this column (default: lag)")
        .choices(["lag", "node", "address", "connected", "backlog", "lost"] as const),
    )
    .option("--watch", "Show them again each second, in place on a terminal")
    .option("--url <url>", "Ask the service there, as http://host:8868; repeatable", collect)
    .option("--timeout <seconds>", "Maximum time to wait for each answer (default: 5)", seconds)
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nEach publisher of the publishers table is asked; with a broker, the service of this host.\n" +
        "The lag is what the application has not taken; it reports once per second.\n" +
        examples("peers", "peers --behind 1000", "peers --topic D --sort node", "peers --watch"),
    )
    .action(async (flags) => end(await (await import("./peers.ts")).peers(flags, io)));
}
