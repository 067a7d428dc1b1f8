import type { LogFields, Logger } from "../drivers/contract/logger.ts";
import type { Output } from "./io.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** From the most to the least talkative. */
export type LogLevel = (typeof LEVELS)[number];

const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  info: "",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const PLAIN = "\x1b[0m";

/** A logger of one text line a message: time, level, message, fields. */
export function createLogger(
  output: Output,
  options: { readonly level: LogLevel; readonly colour: boolean },
): Logger {
  const least = LEVELS.indexOf(options.level);
  const writer = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < least) return;
    const line = `${new Date().toISOString()} ${level} ${oneLine(message + textOf(fields))}`;
    const colour = options.colour ? COLOURS[level] : "";
    output.write(colour === "" ? `${line}\n` : `${colour}${line}${PLAIN}\n`);
  };
  return {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
}

function textOf(fields: LogFields = {}): string {
  return Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join(
    "",
  );
}

/** Text from a peer or a file as it may stand on a terminal: control characters spelled out. */
export function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
