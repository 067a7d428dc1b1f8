import { Command, CommanderError } from "@commander-js/extra-typings";
import { addBench } from "./bench/add_bench.ts";
import { addCheck } from "./check/add_check.ts";
import { addConfig } from "./config/add_config.ts";
import { addDoctor } from "./doctor/add_doctor.ts";
import { collect, configured, examples } from "./flags/command_parts.ts";
import { addCompletion, announceCompletion, asksForCompletion } from "./completion.ts";
import { EXIT, EXIT_HELP, type ExitCode } from "./terminal/exit_code.ts";
import { HELP_HINT, reportFailure } from "./flags/failure.ts";
import { age, duration, DURATION_HELP } from "./flags/duration.ts";
import { nodesWanted, positiveInteger, positiveNumber, since } from "./flags/flag_values.ts";
import { addPeers } from "./peers/add_peers.ts";
import { addWait, IGNORE_HELP } from "./wait/add_wait.ts";
import { addTop } from "./top/add_top.ts";
import { CONFIG_VARIABLE } from "./flags/find_config.ts";
import { type Io, OutputClosed } from "./terminal/io.ts";
import { createMessages, priority } from "./terminal/log.ts";
import { BUILD } from "./flags/version.ts";

const CONFIG_HELP = `Configuration: the files in ${CONFIG_VARIABLE}, separated by colons; or else
  ~/.config/df-pubsub/df-pubsub.ini; or else /etc/df-pubsub/df-pubsub.ini, then
  /etc/df-pubsub/conf.d/*.conf. All options: df-pubsub config sample`;

/** Runs the program with these arguments. @returns its exit code */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  try {
    const program = createProgram(io, (ended) => code = ended);
    if (asksForCompletion(args)) await addCompletion(program);
    else announceCompletion(program);
    await program.parseAsync(withoutUnknownHelp(args, program), { from: "user" });
    return code;
  } catch (error) {
    return await report(error, args, io);
  }
}

// For "help" and an unknown command Commander would show the general help without an error.
function withoutUnknownHelp(args: readonly string[], { commands }: Command): readonly string[] {
  const [first, name] = args;
  const isUnknown = first === "help" && commands.every((command) => command.name() !== name);
  return isUnknown && name !== undefined && name !== "help" ? [name] : args;
}

async function report(error: unknown, args: readonly string[], io: Io): Promise<ExitCode> {
  if (error instanceof OutputClosed) return EXIT.done;
  // Commander has already written the error.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    return isPlugin(args) ? (await import("./check/check.ts")).notChecked(error, io) : EXIT.usage;
  }
  const messages = createMessages(io.err, {
    level: "info",
    colour: false,
    isJournal: io.err.isJournal,
  });
  return reportFailure(error, messages);
}

// A monitoring system would read the exit code of wrong usage as the state of the service.
function isPlugin([command, ...flags]: readonly string[]): boolean {
  return command === "check" && /(^| )--format[ =]nagios( |$)/.test(flags.join(" "));
}

type End = (code: ExitCode) => void;

/** Creates all commands with their flags; the command that runs calls `end` with its exit code. */
// deno-lint-ignore explicit-module-boundary-types
export function createProgram(io: Io, end: End) {
  const program = new Command("df-pubsub")
    .description("Publish/subscribe for an SDN control plane: Dragonflow's, as one program")
    .version(BUILD, "-V, --version", "Show the version")
    .helpOption("-h, --help", "Show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text.replaceAll(/^(?=.)/gm, priority("error", io.err))),
      getOutHelpWidth: () => io.out.columns,
      getErrHelpWidth: () => io.err.columns,
      getOutHasColors: () => io.out.isTerminal && !io.env["NO_COLOR"],
      getErrHasColors: () => io.err.isTerminal && !io.env["NO_COLOR"],
    })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError(HELP_HINT)
    .addHelpText(
      "after",
      `\n${EXIT_HELP}\n\n${CONFIG_HELP}`,
    );
  addServe(program, io, end);
  addPublish(program, io, end);
  addSubscribe(program, io, end);
  addPublishers(program, io, end);
  addPeers(program, io, end);
  addWait(program, io, end);
  addCheck(program, io, end);
  addDoctor(program, io, end);
  addTop(program, io, end);
  addBench(program, io, end);
  addConfig(program, io, end);
  return program;
}

function addServe(program: Command, io: Io, end: End): void {
  configured(program.command("serve"))
    .description("Run the publisher service: it publishes events of local processes to the network")
    .addHelpText(
      "after",
      "\nSignals: SIGTERM and SIGINT drain and stop, a second one stops at once; SIGHUP reloads the\n" +
        "configuration; SIGUSR1 turns debug lines on and off; SIGQUIT writes the state to the log.\n" +
        examples(
          "serve",
          "serve --config-file /etc/neutron/dragonflow.ini",
          "serve --set df.publisher_port=9866 --set df.management_ip=192.0.2.10",
        ),
    )
    .action(async (flags) => end(await (await import("./serve/serve.ts")).serve(flags, io)));
}

function addPublish(program: Command, io: Io, end: End): void {
  configured(program.command("publish"))
    .description("Publish one event, or the events on standard input")
    .option("--table <table>", "Table that the event is about")
    .option("--key <key>", "Key of the row that the event is about")
    .option("--action <action>", "What happened: create, set, delete, log, sync, …")
    .option("--value <text>", "The row, usually JSON text")
    .option("--value-file <file>", "Read the value from a file; - is standard input")
    .option("--topic <topic>", "Publish on this topic instead of the broadcast topic D")
    .option("--count <n>", "Publish the event <n> times", positiveInteger)
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
    .option("--json", "Print the result as JSON")
    .addHelpText(
      "after",
      DURATION_HELP + examples(
        'publish --table lport --key port-1 --action set --value \'{"name": "eth0"}\'',
        "publish --action sync",
        "publish --table lport --key port-1 --action delete --confirm",
        "publish --stdin < events.jsonl",
        "publish --action sync --wait-nodes 90% --timeout 10",
      ),
    )
    .action(async (flags) => end(await (await import("./publish/publish.ts")).publish(flags, io)));
}

function addSubscribe(program: Command, io: Io, end: End): void {
  configured(program.command("subscribe"))
    .description("Print the events that publishers send")
    .option(
      "--topic <topic>",
      "Also subscribe to this topic, besides the broadcast topic D (repeatable)",
      collect,
    )
    .option("--uri <uri>", "Connect only to this publisher (repeatable)", collect)
    .option("--table <table>", "Print only events of this table (repeatable)", collect)
    .option("--key <glob>", "Print only keys that match: * is any text, ? is one character")
    .option("--action <action>", "Print only events with this action (repeatable)", collect)
    .option(
      "--count <n>",
      "Stop after <n> events; rows of --snapshot do not count",
      positiveInteger,
    )
    .option("--idle-timeout <duration>", "Stop after this time without an event", duration)
    .option("--timeout <duration>", "Stop after this time", duration)
    .option("--since <when>", "Begin at: start, an age as 90s or 2h, or a position", since)
    .option("--resolve", "Read a missing value of an event from the database")
    .option("--snapshot", "Print the rows of each --table, then a mark, then their changes")
    .option("--fail-on-gap", "Exit with code 6 as soon as events are lost")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nLost events are reported on standard error, as JSON when piped: lost with the sequence\n" +
        "numbers, or gap with the reason.\n" + DURATION_HELP +
        examples(
          "subscribe",
          "subscribe --topic 6f9f3e1a0c594c4b9a5e4d0e5a1f00aa --table lport",
          "subscribe --count 1 --timeout 10",
          "subscribe --snapshot --table lport --table lswitch",
          "subscribe --since 10m --set df.pub_sub_driver=redis_stream_pubsub_driver",
          "subscribe --json | df-pubsub publish --stdin --config-file other.ini",
        ),
    )
    .action(async (flags) =>
      end(await (await import("./subscribe/subscribe.ts")).subscribe(flags, io))
    );
}

function addPublishers(program: Command, io: Io, end: End): void {
  const publishers = program.command("publishers")
    .description("Show and clean up the publishers table")
    .addHelpText("after", examples("publishers list", "publishers prune --dry-run"));
  configured(publishers.command("list"))
    .description("Show every publisher: id, address, last activity, age, state")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .option("--watch", "Show the table again whenever it changes")
    .addHelpText(
      "after",
      examples("publishers list", "publishers list --json", "publishers list --watch"),
    )
    .action(async (flags) =>
      end(await (await import("./publishers.ts")).listPublishers(flags, io))
    );
  configured(publishers.command("prune"))
    .description("Remove publishers that have been silent for too long")
    .option(
      "--older-than <duration>",
      "Minimum time without activity (default: publisher_timeout)",
      age,
    )
    .option("--include-unreadable", "Also remove rows that cannot be read")
    .option("--dry-run", "Only show what would be removed")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      DURATION_HELP + examples("publishers prune --dry-run", "publishers prune --older-than 1h"),
    )
    .action(async (flags) =>
      end(await (await import("./publishers.ts")).prunePublishers(flags, io))
    );
}
