import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Adds `config` and its commands; the one that runs calls `end` with its exit code. */
export function addConfig(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const config = program.command("config")
    .description("Check, show or explain the configuration, and print accounts for it")
    .addHelpText(
      "after",
      examples(
        "config check",
        "config show --only-set",
        "config sample > df-pubsub.ini",
        "config acl",
      ),
    );
  configured(config.command("check"))
    .description("Check the configuration of serve without starting it")
    .addHelpText(
      "after",
      examples("config check", "config check --config-file /etc/neutron/dragonflow.ini"),
    )
    .action(async (flags) =>
      end(await (await import("./config_check.ts")).checkConfiguration(flags, io))
    );
  configured(config.command("show"))
    .description("Show the value of every option and its source")
    .option("--only-set", "Show only options that are set")
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      examples("config show --config-file dragonflow.ini", "config show --only-set"),
    )
    .action(async (flags) => end(await (await import("./config.ts")).showConfiguration(flags, io)));
  configured(config.command("acl"))
    .description(
      "Print the commands that make the accounts in Redis or etcd for this configuration",
    )
    .addHelpText(
      "after",
      "\nThe accounts are for controllers, nodes, and applications that write rows and publish. The\n" +
        "command contacts no server and prints no password.\n" +
        examples("config acl", "config acl --config-file controller.ini > accounts.sh"),
    )
    .action(async (flags) => end(await (await import("./acl.ts")).printAccounts(flags, io)));
  config.command("sample")
    .description("Print a configuration file that explains every option")
    .addHelpText("after", examples("config sample > df-pubsub.ini"))
    .action(async () => end(await (await import("./config.ts")).sampleConfiguration(io)));
}
