import type { Command } from "@commander-js/extra-typings";
import { collect, configured, examples } from "../flags/command_parts.ts";
import { nodesWanted, seconds } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Help of `--ignore-older-than`, which `publish --wait-nodes` has, too. */
export const IGNORE_HELP =
  "Do not count nodes that have been disconnected for longer than this, in seconds (default: 60)";

/** Adds `wait`; `end` gets its exit code. */
export function addWait(program: Command, io: Io, end: (code: ExitCode) => void): void {
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
    .action(async (flags) => end(await (await import("./wait.ts")).wait(flags, io)));
}
