import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { seconds } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const REMARKS = `
Reads the configuration, the database and the publishers table, connects to every publisher, and
looks at the service, the socket and the disk of this host. It publishes and changes nothing.
Exit code: 0 nothing found, 1 warnings, 3 something that is needed does not work, 2 as below.
`;

/** Adds `doctor`; `end` gets its exit code. */
export function addDoctor(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("doctor"))
    .description("Find what is wrong with a deployment, why it matters and what to do")
    .option("--timeout <seconds>", "Maximum time for each answer, in seconds (default: 5)", seconds)
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      REMARKS + examples("doctor", "doctor --config-file /etc/neutron/dragonflow.ini --json"),
    )
    .action(async (flags) => end(await (await import("./doctor.ts")).doctor(flags, io)));
}
