import { Command, CommanderError } from "@commander-js/extra-typings";
import { addBench } from "./bench/add_bench.ts";
import { addCheck } from "./check/add_check.ts";
import { addConfig } from "./config/add_config.ts";
import { addDoctor } from "./doctor/add_doctor.ts";
import { collect, configured, examples } from "./flags/command_parts.ts";
import { addCompletion, announceCompletion, asksForCompletion } from "./completion.ts";
import { EXIT, EXIT_HELP, type ExitCode } from "./terminal/exit_code.ts";
import { HELP_HINT, tellFailure } from "./flags/failure.ts";
import {
  nodesWanted,
  positiveInteger,
  positiveNumber,
  seconds,
  since,
} from "./flags/flag_values.ts";
import { addPeers } from "./peers/add_peers.ts";
import { addWait, IGNORE_HELP } from "./wait/add_wait.ts";
import { addTop } from "./top/add_top.ts";
import { CONFIG_VARIABLE } from "./flags/find_config.ts";
import { type Io, OutputClosed } from "./terminal/io.ts";
import { createTalk, priority } from "./terminal/log.ts";
import { BUILD } from "./flags/version.ts";

const CONFIG_HELP = `Configuration: the files in ${CONFIG_VARIABLE}, separated by colons; or else
  ~/.config/df-pubsub/df-pubsub.ini; or else /etc/df-pubsub/df-pubsub.ini, then
  /etc/df-pubsub/conf.d/*.conf. All options: df-pubsub config sample`;

/** Runs the program with these arguments and says what to exit with. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  try {
    const program = createProgram(io, (ended) => code = ended);
    if (asksForCompletion(args)) await addCompletion(program);
    else announceCompletion(program);
    await program.parseAsync(withoutHelpOfNothing(args, program), { from: "user" });
    return code;
  } catch (error) {
    return await report(error, args, io);
  }
}

// Commander shows the help of all where there is no such command, and does not say that.
function withoutHelpOfNothing(args: readonly string[], { commands }: Command): readonly string[] {
  const [first, name] = args;
  const isNothing = first === "help" && commands.every((command) => command.name() !== name);
  return isNothing && name !== undefined && name !== "help" ? [name] : args;
}

async function report(error: unknown, args: readonly string[], io: Io): Promise<ExitCode> {
  if (error instanceof OutputClosed) return EXIT.done;
  // Commander has already said what was wrong.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    return isPlugin(args) ? (await import("./check/check.ts")).notChecked(error, io) : EXIT.usage;
  }
  const talk = createTalk(io.err, { level: "info", colour: false, isJournal: io.err.isJournal });
  return tellFailure(error, talk);
}

// To a monitoring system the code of wrong usage would be a state of what is looked at.
function isPlugin([command, ...flags]: readonly string[]): boolean {
  return command === "check" && /(^| )--format[ =]nagios( |$)/.test(flags.join(" "));
}

type End = (code: ExitCode) => void;

/** All commands with their flags; `end` is told how the one that runs has ended. */
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
    .description("Run the publisher service: events of local processes to the network")
    .addHelpText(
      "after",
      "\nSignals: SIGTERM and SIGINT drain and stop, a second one stops at once; SIGHUP reloads the\n" +
        "configuration; SIGUSR1 toggles debug lines; SIGQUIT writes the state to the log.\n" +
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
    .description("Publish one event, or those on standard input")
    .option("--table <table>", "Table the event is about")
    .option("--key <key>", "Key of its row")
    .option("--action <action>", "What happened: create, set, delete, log, sync, …")
    .option("--value <text>", "The row, usually JSON text")
    .option("--value-file <file>", "Read the value from a file; - is standard input")
    .option("--topic <topic>", "Publish on this topic instead of the broadcast topic D")
    .option("--count <n>", "Publish it this many times", positiveInteger)
    .option("--rate <per-second>", "At most so many a second", positiveNumber)
    .option(
      "--timeout <seconds>",
      "Maximum time to wait for the service, --confirm and --wait-nodes, in seconds",
      seconds,
    )
    .option("--stdin", "Read events from standard input, one JSON object a line")
    .option("--confirm", "Wait until the events came back on the network side")
    .option(
      "--wait-nodes <n>",
      "Wait until this number of nodes has applied the events: all, a number, or a percentage",
      nodesWanted,
    )
    .option("--ignore-older-than <seconds>", IGNORE_HELP, seconds)
    .option("--json", "Print the result as JSON")
    .addHelpText(
      "after",
      examples(
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
      "Also hear this topic, besides the broadcast topic D; repeatable",
      collect,
    )
    .option("--uri <uri>", "Listen to this publisher only; repeatable", collect)
    .option("--table <table>", "Only events of this table; repeatable", collect)
    .option("--key <glob>", "Only keys that match: * is any text, ? one character")
    .option("--action <action>", "Only this action; repeatable", collect)
    .option("--count <n>", "Stop after so many events, rows of --snapshot aside", positiveInteger)
    .option("--idle-timeout <seconds>", "Stop when nothing came for so long", seconds)
    .option("--timeout <seconds>", "Stop after so long", seconds)
    .option("--since <when>", "Begin then: start, an age as 90s or 2h, or a position", since)
    .option("--resolve", "Read a value that an event lacks from the database")
    .option("--snapshot", "First the rows of each --table, then a mark, then what changes in them")
    .option("--fail-on-gap", "Exit 6 once events are lost")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      "\nLost events are reported on standard error, in JSON when piped: lost, or gap without numbers.\n" +
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
    .description("Look after the publishers table")
    .addHelpText("after", examples("publishers list", "publishers prune --dry-run"));
  configured(publishers.command("list"))
    .description("Show every publisher: id, address, last activity, age, state")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .option("--watch", "Show it again whenever it changes")
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
      "--older-than <seconds>",
      "Silent for longer than this, not publisher_timeout",
      positiveNumber,
    )
    .option("--include-unreadable", "Also remove rows that cannot be read")
    .option("--dry-run", "Only show what would be removed")
    .option("--json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      examples("publishers prune --dry-run", "publishers prune --older-than 3600"),
    )
    .action(async (flags) =>
      end(await (await import("./publishers.ts")).prunePublishers(flags, io))
    );
}
