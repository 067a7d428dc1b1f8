import { type Command, Option } from "@commander-js/extra-typings";
import type { CheckFlags } from "./check.ts";
import { configured, examples } from "../flags/command_parts.ts";
import { age, duration, DURATION_HELP } from "../flags/duration.ts";
import { positiveInteger } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const LIMITS = [
  ["--warn-lag <n>", "Warning if a subscriber is at least <n> events behind"],
  ["--crit-lag <n>", "Critical if a subscriber is at least <n> events behind"],
  ["--warn-lost <n>", "Warning if a subscriber has lost at least <n> events since it connected"],
  ["--crit-lost <n>", "Critical if a subscriber has lost at least <n> events since it connected"],
  ["--warn-nodes <n>", "Warning if fewer than <n> subscribers are connected"],
  ["--crit-nodes <n>", "Critical if fewer than <n> subscribers are connected"],
] as const;

const CERTIFICATE_LIMITS = [
  ["--warn-cert <duration>", "Warning if a certificate or authority expires within this time"],
  ["--crit-cert <duration>", "Critical if one does (default: if one has expired)"],
] as const;

/** Adds `check`, which calls `end` with its exit code. */
export function addCheck(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const check = configured(program.command("check"))
    .description("Check the service, its subscribers and the database for a monitoring system")
    .addOption(
      new Option(
        "--output <format>",
        "Output format (default: text on a terminal, otherwise json)",
      )
        .choices(["text", "json", "nagios", "prometheus"] as const),
    )
    .addOption(new Option("-j, --json", "The same as --output json").conflicts("output"))
    .addOption(
      new Option("--url <url>", "Check only the service at this address, as http://host:8868")
        .conflicts("service"),
    )
    .option("--no-service", "Check only the database and the publishers table")
    .option("--timeout <duration>", "Maximum time to wait for each answer (default: 5s)", duration)
    .addHelpText(
      "after",
      DURATION_HELP + examples(
        "check",
        "check --output nagios --warn-lag 1000 --crit-lag 20000 --crit-lost 1",
        "check --url http://192.0.2.10:8868 --crit-nodes 40",
        "check --warn-cert 30d --crit-cert 7d",
        "check --output prometheus | sponge /var/lib/prometheus/node-exporter/df-pubsub.prom",
      ) + "\n\nWith --output nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN",
    )
    .action(async (flags: CheckFlags) => end(await (await import("./check.ts")).check(flags, io)));
  // Outside the chain: with these flags in its type, type checking would take minutes.
  for (const [flags, text] of LIMITS) check.option(flags, text, positiveInteger);
  for (const [flags, text] of CERTIFICATE_LIMITS) check.option(flags, text, age);
}
