import { type Command, Option } from "@commander-js/extra-typings";
import { collect, configured, examples } from "./flags/command_parts.ts";
import { nodesWanted, positiveInteger, seconds } from "./flags/flag_values.ts";
import type { ExitCode } from "./terminal/exit_code.ts";
import type { Io } from "./terminal/io.ts";

export const IGNORE_HELP =
  "Do not count nodes that have been disconnected for longer than this, in seconds (default: 60)";

/** Adds the commands `peers` and `wait`; `end` receives the exit code. */
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
    .action(async (flags) => end(await (await import("./peers/peers.ts")).peers(flags, io)));
  configured(program.command("wait"))
    .description("Wait until nodes have applied what is published, and name those that have not")
    .option(
      "--nodes <n>",
      "How many nodes: all, a number, or a percentage (default: all)",
      nodesWanted,
    )
    .option("--topic <topic>", "Wait for this topic; repeatable (default: D)", collect)
    .option("--timeout <seconds>", "Maximum time to wait (default: 30)", seconds)
    .option("--ignore-older-than <seconds>", IGNORE_HELP, seconds)
    .option("--url <url>", "Ask the service there, as http://host:8868; repeatable", collect)
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nA node that lacks an event is catching up (its position moves), stuck (connected, its\n" +
        "position does not move) or gone (disconnected). The exit code is 5 then.\n" +
        examples("wait", "wait --nodes 90% --timeout 10", "wait --topic D --json"),
    )
    .action(async (flags) => end(await (await import("./wait/wait.ts")).wait(flags, io)));
}
