import { type Command, Option } from "@commander-js/extra-typings";
import type { CheckFlags } from "./check.ts";
import { configured, examples } from "../flags/command_parts.ts";
import { positiveInteger, seconds } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const LIMITS = [
  ["--warn-lag <events>", "Warn if a subscriber is at least this far behind"],
  ["--crit-lag <events>", "Critical if a subscriber is at least this far behind"],
  ["--warn-lost <events>", "Warn if a subscriber has missed this many since it connected"],
  ["--crit-lost <events>", "Critical if a subscriber has missed this many since it connected"],
  ["--warn-nodes <n>", "Warn if fewer subscribers are connected"],
  ["--crit-nodes <n>", "Critical if fewer subscribers are connected"],
] as const;

/** Adds `check`; `end` gets its exit code. */
export function addCheck(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const check = configured(program.command("check"))
    .description("Check the service, its subscribers and the database for a monitoring system")
    .addOption(
      new Option("--format <format>", "Form of the result (default: text on a terminal, else json)")
        .choices(["text", "json", "nagios", "prometheus"] as const),
    )
    .addOption(
      new Option("--url <url>", "Check only the service there, as http://host:8868")
        .conflicts("service"),
    )
    .option("--no-service", "Check only the database and the publishers table")
    .option("--timeout <seconds>", "Maximum time for each answer, in seconds (default: 5)", seconds)
    .addHelpText(
      "after",
      examples(
        "check",
        "check --format nagios --warn-lag 1000 --crit-lag 20000 --crit-lost 1",
        "check --url http://192.0.2.10:8868 --crit-nodes 40",
        "check --format prometheus | sponge /var/lib/prometheus/node-exporter/df-pubsub.prom",
      ) + "\n\nWith --format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN",
    )
    .action(async (flags: CheckFlags) => end(await (await import("./check.ts")).check(flags, io)));
  // Not in the chain: the type of the flags would take the compiler minutes.
  for (const [flags, text] of LIMITS) check.option(flags, text, positiveInteger);
}
