import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { duration, DURATION_HELP } from "../flags/duration.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const REMARKS = `
The command reads the configuration, the database and the publishers table, connects to every
publisher, and examines the service, the socket and the disk of this host. It changes nothing.
Exit code: 0 no findings, 1 warnings, 3 a required part does not work, 2 as below.
`;

/** Adds `doctor`, which calls `end` with its exit code. */
export function addDoctor(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("doctor"))
    .description("Find what is wrong with a deployment, why it matters and what to do")
    .option("--timeout <duration>", "Maximum time to wait for each answer (default: 5s)", duration)
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      REMARKS + DURATION_HELP +
        examples("doctor", "doctor --config-file /etc/neutron/dragonflow.ini --json"),
    )
    .action(async (flags) => end(await (await import("./doctor.ts")).doctor(flags, io)));
}
