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
import { COLOUR, coloured } from "./colour.ts";
import { forExecutable } from "./denied_access.ts";
import type { Output } from "./io.ts";

export { type LogLevel, oneLine, safeOnTerminal } from "../../service/base/log_line.ts";

/** Level and format of a log. */
export interface LogOptions {
  /** Minimum level. */
  readonly level: LogLevel;
  /** @default text */
  readonly format?: "text" | "json";
  /** Whether text has colours. */
  readonly colour: boolean;
  /** Whether the journal reads it: lines begin with a priority, and text has no time. */
  readonly isJournal?: boolean;
}

/** Messages of a command that do not depend on the level of its log, in the format of its log. */
export interface Messages {
  /** As text, the line itself; as JSON, an `info`. */
  say(line: string): void;
  /** As text, the line itself; as JSON, a `warn`. */
  warn(line: string): void;
  /**
   * Reports why the command failed: as text, after the name of the program; as JSON, an `error`.
   */
  fail(line: string): void;
}

const COLOURS: Readonly<Partial<Record<LogLevel, string>>> = {
  debug: COLOUR.dim,
  warn: COLOUR.yellow,
  error: COLOUR.red,
};

/** The numbers of syslog(3), which precede a line as in sd-daemon(3). */
const PRIORITIES: Readonly<Record<LogLevel, string>> = {
  debug: "<7>",
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

/**
 * The prefix that tells the journal the priority of a line; empty if the journal does not read it.
 */
export function priority(level: LogLevel, { isJournal }: Pick<LogOptions, "isJournal">): string {
  return isJournal ? PRIORITIES[level] : "";
}

/**
 * A logger with one line per message: time, level, message, fields; as text, or as a JSON object
 * with those names. It reads the options anew for each line.
 */
export function createLogger(output: Output, options: LogOptions): Logger {
  const writer = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
    const lineOf = options.format === "json" ? jsonLine : colouredLine;
    const head = { time: utcTime(Date.now()), level, message: forExecutable(message) };
    output.write(priority(level, options) + lineOf(head, fields ?? {}, options));
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

/** Creates the messages of a command. */
export function createMessages(output: Output, options: LogOptions): Messages {
  const sayer = (level: LogLevel, before: string) => (message: string) => {
    const line = forExecutable(message);
    const head = { time: utcTime(Date.now()), level, message: line };
    const text = options.format === "json" ? jsonLine(head, {}) : `${before}${oneLine(line)}\n`;
    output.write(priority(level, options) + text);
  };
  return { say: sayer("info", ""), warn: sayer("warn", ""), fail: sayer("error", "df-pubsub: ") };
}

function colouredLine(head: LogHead, fields: LogFields, options: LogOptions): string {
  const line = textLine(options.isJournal ? { ...head, time: "" } : head, fields);
  const colour = options.colour ? COLOURS[head.level] : undefined;
  return `${colour === undefined ? line : coloured(line, colour)}\n`;
}
