import { utcTime } from "../../drivers/contract/utc_time.ts";
import type { LogFields, Logger } from "../../drivers/contract/logger.ts";
import {
  jsonLine,
  LEVELS,
  type LogHead,
  type LogLevel,
  oneLine,
  textLine,
} from "../../service/base/log_line.ts";
import type { Output } from "./io.ts";

export { type LogLevel, oneLine, safeOnTerminal } from "../../service/base/log_line.ts";

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
    const lineOf = options.format === "json" ? jsonLine : coloured;
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

function coloured(head: LogHead, fields: LogFields, options: LogOptions): string {
  const line = textLine(options.isJournal ? { ...head, time: "" } : head, fields);
  const colour = options.colour ? COLOURS[head.level] : "";
  return colour === "" ? `${line}\n` : `${colour}${line}${PLAIN}\n`;
}
