import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { duration, DURATION_HELP } from "../flags/duration.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const REMARKS = `
Keys: q quits, p or space pauses, s sorts by the next column, r reverses the order, / filters nodes
by name, address or state, arrows and Page Up/Down scroll. With TERM=dumb, or when input or output
is not a terminal, the command prints one plain frame per second. NO_COLOR=1 turns off colours.
`;

/** Adds `top`, which calls `end` with its exit code. */
export function addTop(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("top"))
    .description("Show a service live: rates, nodes by lag, losses, publishers, readiness")
    .option(
      "--url <url>",
      "Show the service at this address, as http://host:8868 (default: that of this host)",
    )
    .option("--once", "Print one plain frame with all nodes, and exit")
    .option(
      "--timeout <duration>",
      "Maximum time to wait for a service that does not answer (default: 10m)",
      duration,
    )
    .addHelpText(
      "after",
      REMARKS + DURATION_HELP + examples("top", "top --url http://192.0.2.10:8868", "top --once"),
    )
    .action(async (flags) => end(await (await import("./top.ts")).top(flags, io)));
}
