import { EXIT, EXIT_HELP } from "../cli/terminal/exit_code.ts";
import { CONFIG_VARIABLE } from "../cli/flags/find_config.ts";
import { createProgram } from "../cli/program.ts";
import { VERSION } from "../cli/flags/version.ts";
import { escape, item, items, paragraph, part, sentence, verbatim } from "./roff.ts";
import { CapturedOutput } from "./captured_output.ts";

type Program = ReturnType<typeof createProgram>;
type Commands = Program["commands"][number];
type CommandOption = Commands["options"][number];

const SYNOPSIS = "df-pubsub COMMAND [OPTION]...";

const DESCRIPTION =
  "df-pubsub tells every compute node that a row of the northbound database has changed. It speaks " +
  "the wire formats of OpenStack Dragonflow's publish/subscribe layer and reads its configuration " +
  "files. On a controller, df-pubsub serve takes events from local publishers and publishes them to " +
  "the network. The other commands publish, subscribe, and examine a deployment.";

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  [CONFIG_VARIABLE, "Configuration files to read instead of the usual ones, separated by colons."],
  [
    "OS_<GROUP>__<OPTION>",
    "Value of one option of the configuration, as OS_DF__PUBLISHER_PORT. It " +
    "counts before files and after --set.",
  ],
  ["XDG_CONFIG_HOME", "Directory of df-pubsub/df-pubsub.ini (default: ~/.config)."],
  [
    "XDG_CACHE_HOME",
    "Directory of df-pubsub/names.json, the tables and topics for completion (default: ~/.cache).",
  ],
  [
    "XDG_RUNTIME_DIR",
    "Directory of the socket for local publishers of a user's service (default: " +
    "/run/user/UID, or else ~/.local/state).",
  ],
  ["NO_COLOR", "No colours, if it is not empty and --color is not given."],
  ["FORCE_COLOR", "Colours even if output is not a terminal, except with 0 or NO_COLOR."],
  ["TZ", "Time zone of the times that df-pubsub subscribe prints for people."],
  ["TERM", "With dumb, df-pubsub top prints plain frames."],
  [
    "NOTIFY_SOCKET, WATCHDOG_USEC, JOURNAL_STREAM",
    "Set by systemd: readiness, watchdog, and log " +
    "lines with priorities.",
  ],
];

const SIGNALS: readonly (readonly [string, string])[] = [
  [
    "SIGTERM, SIGINT",
    "End the command. df-pubsub serve relays what was written to its socket and " +
    "waits until its subscribers' kernels have it, within [df] drain_timeout.",
  ],
  ["a second SIGTERM or SIGINT", "Ends it at once."],
  [
    "SIGHUP",
    "df-pubsub serve reads its configuration again and logs each change. Other commands end.",
  ],
  ["SIGUSR1", "df-pubsub serve turns debug lines on, and off again."],
  ["SIGQUIT", "df-pubsub serve writes its state to the log."],
];

const FILES: readonly (readonly [string, string])[] = [
  ["~/.config/df-pubsub/df-pubsub.ini", "The user's configuration, instead of the system's."],
  ["/etc/df-pubsub/df-pubsub.ini", "The system's configuration, of the packaged service too."],
  ["/etc/df-pubsub/conf.d/*.conf", "Further parts of it, read in sorted order."],
  ["/run/zmq_pubsub/zmq-publisher-socket", "The packaged service's socket for local publishers."],
  ["/var/lib/df-pubsub/northbound.sqlite3", "The embedded database of the packaged service."],
  ["/usr/share/df-pubsub/monitoring/", "Alerts for Prometheus and a dashboard for Grafana."],
];

const EVENT =
  '{"table": "lport", "key": "port-1", "action": "set", "value": "{\\"name\\": \\"eth0\\"}", "topic": "D"}';

const EVENT_FORMAT: readonly string[] = [
  paragraph(
    "df-pubsub publish --stdin reads, and df-pubsub subscribe --json writes, one JSON object per line:",
  ),
  verbatim(EVENT),
  items([
    ["table, key", "The row; null for an action that is not about a row."],
    [
      "action",
      "What has happened: create, set, update or delete of a row; sync (events may be " +
      "missing: read the rows again); log; or any other text. It is required.",
    ],
    [
      "value",
      "Usually the row as JSON text; null if the receiver is to read it, or if there is no row.",
    ],
    ["topic", "Who gets the event, 1 to 255 bytes of UTF-8 (default: D, every subscriber)."],
  ]),
  paragraph(
    "subscribe adds receivedAt and, if the publisher numbers its events, publisher, epoch, seq and " +
      "sentAt; on Redis streams and etcd also position. publish ignores these names. Notices of lost events " +
      "go to standard error, as objects with the name notice: gap, lost, restart, contested, past or folded.",
  ),
];

/** The manual page df-pubsub(1), generated from the program's commands and flags. */
export function manPage(date: Date): string {
  const output = new CapturedOutput();
  const program = createProgram(output.io, () => EXIT.done);
  const leaves = leavesOf(program.commands);
  const common = commonOptions(leaves);
  return [
    `.TH DF\\-PUBSUB 1 ${date.toISOString().slice(0, 10)} "df-pubsub ${VERSION}" "User Commands"`,
    `.SH NAME\ndf\\-pubsub \\- ${escape(program.description())}`,
    `.SH SYNOPSIS\n.B ${escape(SYNOPSIS)}`,
    part("DESCRIPTION", paragraph(DESCRIPTION)),
    part(
      "OPTIONS",
      optionItems(program.options),
      item("-h, --help", "Show the help of the program or, after its name, of a command."),
      paragraph("Every command that reads the configuration also takes these:"),
      optionItems([...common.values()]),
    ),
    part("COMMANDS", ...leaves.map((leaf) => section(leaf, common, output))),
    part("EVENT FORMAT", ...EVENT_FORMAT),
    part("SIGNALS", items(SIGNALS)),
    part("ENVIRONMENT", items(ENVIRONMENT)),
    part("FILES", items(FILES)),
    part("EXIT STATUS", verbatim(EXIT_HELP)),
    part("SEE ALSO", ".BR df\\-pubsub.ini (5),", ".BR systemd.service (5)"),
    "",
  ].join("\n");
}

interface Leaf {
  readonly name: string;
  readonly command: Commands;
}

function leavesOf(commands: readonly Commands[], above = ""): Leaf[] {
  return commands.flatMap((command) => {
    const name = `${above}${command.name()}`;
    return command.commands.length === 0
      ? [{ name, command }]
      : leavesOf(command.commands, `${name} `);
  });
}

/** The options that all commands with a configuration have, by their flags. */
function commonOptions(leaves: readonly Leaf[]): ReadonlyMap<string, CommandOption> {
  const configured = leaves.map(({ command }) => command.options)
    .filter((options) => options.some(({ long }) => long === "--no-config"));
  const shared = configured[0]?.filter(({ flags }) =>
    configured.every((options) => options.some((option) => option.flags === flags))
  );
  return new Map(shared?.map((option) => [option.flags, option]));
}

function section(
  { name, command }: Leaf,
  common: ReadonlyMap<string, CommandOption>,
  output: CapturedOutput,
): string {
  const wants = command.registeredArguments.map((argument) => `<${argument.name()}>`);
  const usage = ["df-pubsub", name, ...wants, "[OPTION]..."].join(" ");
  const options = command.options.filter(({ flags }) => !common.has(flags));
  const remarks = remarksOf(command, output);
  return [
    `.SS ${escape(name)}\n.B ${escape(usage)}`,
    paragraph(sentence(command.description())),
    ...(options.length === 0 ? [] : [optionItems(options)]),
    ...(remarks === "" ? [] : [verbatim(remarks)]),
  ].join("\n");
}

function optionItems(options: readonly CommandOption[]): string {
  return items(options.map(({ flags, description }) => [flags, sentence(description)]));
}

/** What the help says below its list of flags, but for the exit codes: those have their own part. */
function remarksOf(command: Commands, output: CapturedOutput): string {
  const help = output.during(() => command.outputHelp());
  return help.slice(command.helpInformation().length).replace(EXIT_HELP, "").trim();
}
