import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { seconds } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const REMARKS = `
Keys: q quit, p or space pause, s sort by the next column, r reverse the order, / filter nodes by
name, address or state, arrows and Page Up/Down scroll. With TERM=dumb, and when input or output is
not a terminal, it prints one plain frame per second. NO_COLOR=1 leaves out colours.
`;

/** Adds `top`; `end` gets its exit code. */
export function addTop(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("top"))
    .description("Show a service live: rates, nodes by lag, losses, publishers, readiness")
    .option("--url <url>", "Show the service there, as http://host:8868, not that of this host")
    .option("--once", "Print one plain frame with all nodes, and end")
    .option(
      "--timeout <seconds>",
      "Maximum time without the service until the command ends, in seconds (default: 600)",
      seconds,
    )
    .addHelpText(
      "after",
      REMARKS + examples("top", "top --url http://192.0.2.10:8868", "top --once"),
    )
    .action(async (flags) => end(await (await import("./top.ts")).top(flags, io)));
}
