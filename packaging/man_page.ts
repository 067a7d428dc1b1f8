import { EXIT, EXIT_HELP } from "../cli/terminal/exit_code.ts";
import { CONFIG_VARIABLE } from "../cli/flags/find_config.ts";
import type { Io, Output } from "../cli/terminal/io.ts";
import { createProgram } from "../cli/program.ts";
import { VERSION } from "../cli/flags/version.ts";

type Program = ReturnType<typeof createProgram>;
type Commands = Program["commands"][number];

const SYNOPSIS = "df-pubsub COMMAND [OPTION]...";
const FILES: readonly (readonly [string, string])[] = [
  ["~/.config/df-pubsub/df-pubsub.ini", "The user's configuration, instead of the system's."],
  [
    "/etc/df-pubsub/df-pubsub.ini",
    "The system's configuration, which the packaged service also reads.",
  ],
  ["/etc/df-pubsub/conf.d/*.conf", "Additional configuration files, read in sorted order."],
  ["/run/zmq_pubsub/", "Directory of the service's socket for local publishers."],
  ["/var/lib/df-pubsub/", "Directory of the service's embedded database."],
];
const VARIABLE_TEXT = "Configuration files to read instead, separated by colons.";

/** The manual page df-pubsub(1), generated from the program's commands and flags. */
export function manPage(date: Date): string {
  const output = new CapturedOutput();
  const program = createProgram(output.io, () => EXIT.done);
  return [
    `.TH DF\\-PUBSUB 1 ${date.toISOString().slice(0, 10)} "df-pubsub ${VERSION}" "User Commands"`,
    `.SH NAME\ndf\\-pubsub \\- ${escape(program.description())}`,
    `.SH SYNOPSIS\n.B ${escape(SYNOPSIS)}`,
    `.SH OPTIONS\n${optionsOf(program)}`,
    ".SH COMMANDS",
    ...leavesOf(program.commands).map(({ name, command }) => section(name, command, output)),
    `.SH FILES\n${FILES.map(([path, text]) => item(path, text)).join("\n")}`,
    `.SH ENVIRONMENT\n${item(CONFIG_VARIABLE, VARIABLE_TEXT)}`,
    `.SH EXIT STATUS\n${verbatim(EXIT_HELP)}`,
    `.SH SEE ALSO\n${escape("df-pubsub config sample")} prints every option of the configuration.`,
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

function section(name: string, command: Commands, output: CapturedOutput): string {
  const wants = command.registeredArguments.map((argument) => `<${argument.name()}>`);
  const usage = ["df-pubsub", name, ...wants, "[OPTION]..."].join(" ");
  const head = `.SS ${escape(name)}\n.B ${escape(usage)}\n.PP\n${
    escape(sentence(command.description()))
  }`;
  const remarks = remarksOf(command, output);
  return [head, optionsOf(command), ...(remarks === "" ? [] : [verbatim(remarks)])].join("\n");
}

function optionsOf(command: Pick<Commands, "options">): string {
  return command.options.map(({ flags, description }) => item(flags, sentence(description))).join(
    "\n",
  );
}

/** The text of the help after its flags, without the exit codes, which have their own section. */
function remarksOf(command: Commands, output: CapturedOutput): string {
  const help = output.during(() => command.outputHelp());
  return help.slice(command.helpInformation().length).replace(EXIT_HELP, "").trim();
}

function item(term: string, text: string): string {
  return `.TP\n.B ${escape(term)}\n${escape(text)}`;
}

function verbatim(text: string): string {
  return `.PP\n.nf\n${escape(text)}\n.fi`;
}

function sentence(text: string): string {
  return /[.…]$/.test(text) ? text : `${text}.`;
}

// A line that begins with a dot or a quote would be a command of the formatter.
function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/^(?=[.'])/gm, "\\&")
    .replaceAll(/[^\0-\x7f]/gu, (character) => `\\[u${hex(character)}]`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** Stands for a process and captures its output. */
class CapturedOutput {
  #text = "";
  readonly io: Io;

  constructor() {
    const out: Output = {
      isTerminal: false,
      columns: 80,
      write: (text) => {
        this.#text += text;
      },
    };
    this.io = {
      out,
      err: { ...out, isJournal: false, droppedLines: 0, onRoom: () => {} },
      onRequest: () => {},
      terminal: undefined,
      stdin: { read: () => Promise.resolve(null) },
      env: {},
      facts: { isRoot: true, home: "/root", runtimeDirectory: "/run" },
      hostName: () => Promise.resolve("localhost"),
      readFile: (path) => Promise.reject(new Deno.errors.NotFound(path)),
      readTextFile: (path) => Promise.reject(new Deno.errors.NotFound(path)),
      requireRegularFile: () => Promise.resolve(),
      exists: () => Promise.resolve(false),
      listDirectory: () => Promise.resolve([]),
      interrupted: new AbortController().signal,
    };
  }

  /** The output while `run` runs. */
  during(run: () => void): string {
    this.#text = "";
    run();
    return this.#text;
  }
}
