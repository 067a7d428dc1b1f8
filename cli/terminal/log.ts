import { utcTime } from "../../drivers/contract/utc_time.ts";
import type { LogFields, Logger } from "../../drivers/contract/logger.ts";
import type { Output } from "./io.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** From the most to the least talkative. */
export type LogLevel = (typeof LEVELS)[number];

/** How a log is written. */
export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  /** @default text */
  readonly format?: "text" | "json";
  /** Whether text has colours. */
  readonly colour: boolean;
  /** Whether the journal reads it: lines begin with a priority, and text has no time. */
  readonly isJournal?: boolean;
}

/** What a command says whatever the level of its log is, in the form of its log. */
export interface Talk {
  /** In text the line as it is; in JSON an `info`. */
  say(line: string): void;
  /** In text the line as it is; in JSON a `warn`. */
  warn(line: string): void;
  /** Why the command has failed: in text after the name of the program; in JSON an `error`. */
  fail(line: string): void;
}

const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  info: "",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const PLAIN = "\x1b[0m";

/** The numbers of syslog(3), as sd-daemon(3) has them before a line. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = {
  debug: "<7>",
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

/** What stands before a line for the journal to know its priority; nothing where nothing reads it. */
export function priority(level: LogLevel, { isJournal }: Pick<LogOptions, "isJournal">): string {
  return isJournal ? PRIORITIES[level] : "";
}

/**
 * A logger of one line a message: time, level, message, fields; as text, or as a JSON object with
 * those names. The options are read at each line.
 */
export function createLogger(output: Output, options: LogOptions): Logger {
  const writer = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
    const lineOf = options.format === "json" ? jsonLine : textLine;
    const head = { time: utcTime(Date.now()), level, message };
    output.write(priority(level, options) + lineOf(head, fields ?? {}, options));
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

/** The talk that goes with a log. */
export function createTalk(output: Output, options: LogOptions): Talk {
  const sayer = (level: LogLevel, before: string) => (line: string) => {
    const head = { time: utcTime(Date.now()), level, message: line };
    const text = options.format === "json" ? jsonLine(head, {}) : `${before}${oneLine(line)}\n`;
    output.write(priority(level, options) + text);
  };
  return { say: sayer("info", ""), warn: sayer("warn", ""), fail: sayer("error", "df-pubsub: ") };
}

/** What every line has. */
interface LogHead {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
}

function textLine({ time, level, message }: LogHead, fields: LogFields, options: LogOptions) {
  const when = options.isJournal ? "" : `${time} `;
  const line = `${when}${level} ${oneLine(message + textOf(fields))}`;
  const colour = options.colour ? COLOURS[level] : "";
  return colour === "" ? `${line}\n` : `${colour}${line}${PLAIN}\n`;
}

function textOf(fields: LogFields): string {
  return Object.entries(fields).map(([name, value]) => ` ${name}=${jsonOf(value)}`).join("");
}

// A field never takes the place of what every line has: its name gets an underscore.
function jsonLine(head: LogHead, fields: LogFields): string {
  const line: Record<string, unknown> = { ...head };
  for (const [name, value] of Object.entries(fields)) {
    line[name in head ? `${name}_` : name] = value;
  }
  return `${safeOnTerminal(jsonOf(line))}\n`;
}

// JSON leaves these as they are, and a terminal may take them for commands.
const UNSAFE_IN_JSON = /[\x7f-\x9f\u2028\u2029]/g;

/** JSON as it may stand on a terminal; it says the same. */
export function safeOnTerminal(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, plain) ?? "null";
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Error ? value.message : value;
}

/** Text from a peer or a file as it may stand on a terminal: control characters spelled out. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
