import type { Command } from "@commander-js/extra-typings";
import { collect, configured, examples } from "../flags/command_parts.ts";
import { age, duration, DURATION_HELP } from "../flags/duration.ts";
import { IGNORE_HELP, names, nodesWanted } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `wait`, which calls `end` with its exit code. */
export function addWait(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("wait"))
    .description("Wait until nodes have applied all published events, and name those that have not")
    .option(
      "--nodes <n>",
      "Nodes to wait for: all, a number, or a percentage (default: all)",
      nodesWanted,
    )
    .option(
      "-t, --topic <topic>",
      "Wait for events of this topic (repeatable; default: D)",
      names,
    )
    .option("--timeout <duration>", "Maximum time to wait (default: 30s)", duration)
    .option("--ignore-older-than <duration>", IGNORE_HELP, age)
    .option(
      "--url <url>",
      "Ask the service at this address, as http://host:8868 (repeatable)",
      collect,
    )
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nA node that lacks an event is catching up (its position moves), stuck (connected, but its\n" +
        "position does not move) or gone (disconnected). If one is left at the end, the exit code is 5.\n" +
        DURATION_HELP +
        examples("wait", "wait --nodes 90% --timeout 10", "wait --topic D --json"),
    )
    .action(async (flags) => end(await (await import("./wait.ts")).wait(flags, io)));
}
