import { type Command, Option } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { age, duration, DURATION_HELP } from "../flags/duration.ts";
import {
  IGNORE_HELP,
  name,
  nodesWanted,
  positiveInteger,
  positiveNumber,
} from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const TEMPLATE_HELP = `
Placeholders of --template: {{n}} counts the events from 1, {{uuid}} is a random UUID, {{time}} the
time in ISO 8601, {{random 1 100}} a whole number from 1 to 100. Without --template, braces are text.
`;

/** Adds `publish`, which calls `end` with its exit code. */
export function addPublish(program: Command, io: Io, end: (code: ExitCode) => void): void {
  configured(program.command("publish"))
    .description("Publish one event, or the events on standard input")
    .option("--table <table>", "Table that the event is about", name)
    .option("--key <key>", "Key of the row that the event is about", name)
    .option("--action <action>", "What happened, such as create, set, delete, log or sync", name)
    .option("--value <text>", "The row, usually JSON text")
    .option("--value-file <file>", "Read the value from a file; - is standard input")
    .option("-t, --topic <topic>", "Publish on this topic instead of the broadcast topic D", name)
    .option("-n, --count <n>", "Publish the event <n> times", positiveInteger)
    .option("--rate <n>", "Maximum number of events per second", positiveNumber)
    .option(
      "--timeout <duration>",
      "Maximum time to wait for the service, --confirm and --wait-nodes",
      duration,
    )
    .option("--stdin", "Read events from standard input, one JSON object per line")
    .option("--confirm", "Wait until this command has received the events from the network")
    .option(
      "--wait-nodes <n>",
      "Wait until this number of nodes has applied the events: all, a number, or a percentage",
      nodesWanted,
    )
    .option("--ignore-older-than <duration>", IGNORE_HELP, age)
    .option("--template", "Replace placeholders in keys and values, as {{n}}, for tests")
    .addOption(
      new Option("--dry-run", "Send nothing: print the events and their bytes in both wire formats")
        .conflicts(["confirm", "waitNodes", "ignoreOlderThan", "rate"]),
    )
    .option("-j, --json", "Print the result as JSON")
    .addHelpText(
      "after",
      TEMPLATE_HELP + DURATION_HELP + examples(
        'publish --table lport --key port-1 --action set --value \'{"name": "eth0"}\'',
        "publish --action sync",
        "publish --table lport --key port-1 --action delete --confirm",
        "publish --stdin < events.jsonl",
        "publish --action sync --wait-nodes 90% --timeout 10",
        "publish --table lport --key 'port-{{n}}' --action create --value '{{uuid}}' --template --count 100",
        "publish --table lport --key port-1 --action delete --dry-run",
      ),
    )
    .action(async (flags) => {
      end(
        flags.dryRun
          ? await (await import("./dry_run.ts")).publishNothing(flags, io)
          : await (await import("./publish.ts")).publish(flags, io),
      );
    });
}
