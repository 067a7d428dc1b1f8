import { Command, CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { addBench } from "./bench/add_bench.ts";
import { addCerts } from "./certs/add_certs.ts";
import { addCheck } from "./check/add_check.ts";
import { addConfig } from "./config/add_config.ts";
import { addDoctor } from "./doctor/add_doctor.ts";
import { configured, examples } from "./flags/command_parts.ts";
import { addCompletion } from "./completion/add_completion.ts";
import { hasColour } from "./terminal/colour.ts";
import { EXIT, EXIT_HELP, type ExitCode } from "./terminal/exit_code.ts";
import { HELP_HINT, reportFailure } from "./flags/failure.ts";
import { age, DURATION_HELP } from "./flags/duration.ts";
import { addPublish } from "./publish/add_publish.ts";
import { addSubscribe } from "./subscribe/add_subscribe.ts";
import { addRecord } from "./record/add_record.ts";
import { addReplay } from "./replay/add_replay.ts";
import { addWhy } from "./why/add_why.ts";
import { addPeers } from "./peers/add_peers.ts";
import { addWait } from "./wait/add_wait.ts";
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
    const program = createProgram(io, (ended) => code = ended, args);
    await program.parseAsync(withoutHelpCommand(args, program), { from: "user" });
    return code;
  } catch (error) {
    return await report(error, args, io);
  }
}

// For "help" and an unknown command Commander would show the help of its parent without an error.
function withoutHelpCommand(
  args: readonly string[],
  program: CommandUnknownOpts,
): readonly string[] {
  const at = args.indexOf("help");
  const path = args.slice(0, Math.max(at, 0));
  const parent = path.reduce<CommandUnknownOpts | undefined>(subcommand, program);
  if (at < 0 || parent === undefined || parent.commands.length === 0) return args;
  let command = parent;
  for (const name of args.slice(at + 1)) {
    if (command.commands.length === 0 || name.startsWith("-")) break;
    path.push(name);
    const next = subcommand(command, name);
    if (next === undefined) return path;
    command = next;
  }
  return command === parent ? args : [...path, "--help"];
}

function subcommand(
  command: CommandUnknownOpts | undefined,
  wanted: string,
): CommandUnknownOpts | undefined {
  return command?.commands.find((each) => each.name() === wanted);
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
  return command === "check" && /(^| )--output[ =]nagios( |$)/.test(flags.join(" "));
}

type End = (code: ExitCode) => void;

/** Creates all commands with their flags; the command that runs calls `end` with its exit code. */
// deno-lint-ignore explicit-module-boundary-types
export function createProgram(io: Io, end: End, args: readonly string[] = []) {
  const program = new Command("df-pubsub")
    .description("Publish/subscribe for an SDN control plane, compatible with OpenStack Dragonflow")
    .version(BUILD, "-V, --version", "Show the version")
    .helpOption("-h, --help", "Show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) =>
        io.err.write(inOurForm(text).replaceAll(/^(?=.)/gm, priority("error", io.err))),
      getOutHelpWidth: () => io.out.columns,
      getErrHelpWidth: () => io.err.columns,
      getOutHasColors: () => hasColour({}, io.out, io.env),
      getErrHasColors: () => hasColour({}, io.err, io.env),
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
  addRecord(program, io, end);
  addReplay(program, io, end);
  addWhy(program, io, end);
  addPublishers(program, io, end);
  addPeers(program, io, end);
  addWait(program, io, end);
  addCheck(program, io, end);
  addDoctor(program, io, end);
  addTop(program, io, end);
  addBench(program, io, end);
  addConfig(program, io, end);
  addCerts(program, io, end);
  addCompletion(program, io, end, args);
  return program;
}

/** Rewrites an error of Commander in our form: `df-pubsub: --since "soon": wanted …`. */
function inOurForm(text: string): string {
  return text
    .replace(
      /^error: option '(?:-\w, )?(--[\w-]+).*?' argument '(.*)' is invalid\. /s,
      'error: $1 "$2": ',
    )
    .replace(
      /^error: command-argument value '(.*)' is invalid for argument '(.*)'\. /s,
      'error: $2 "$1": ',
    )
    .replace(/": Allowed choices are (.*)\.$/m, '": wanted one of $1')
    .replace(/^error: /, "df-pubsub: ");
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

function addPublishers(program: Command, io: Io, end: End): void {
  const publishers = program.command("publishers")
    .description("Show and clean up the publishers table")
    .addHelpText("after", examples("publishers list", "publishers prune --dry-run"));
  configured(publishers.command("list"))
    .description("Show every publisher: id, address, last activity, age, state")
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
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
    .option("-j, --json", "Print one JSON object per line (default when output is not a terminal)")
    .addHelpText(
      "after",
      DURATION_HELP + examples("publishers prune --dry-run", "publishers prune --older-than 1h"),
    )
    .action(async (flags) =>
      end(await (await import("./publishers.ts")).prunePublishers(flags, io))
    );
}
