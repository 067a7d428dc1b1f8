import type { LogFields } from "../../drivers/contract/logger.ts";

/** Levels of a log, from the most to the least talkative. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@linkcode LEVELS}. */
export type LogLevel = (typeof LEVELS)[number];

/** What every line has. */
export interface LogHead {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
}

/** A line for people, without its end: `2026-01-01T00:00:00.000Z warn message name=value`. */
export function textLine({ time, level, message }: LogHead, fields: LogFields): string {
  const when = time === "" ? "" : `${time} `;
  return `${when}${level} ${oneLine(message + textOf(fields))}`;
}

function textOf(fields: LogFields): string {
  return Object.entries(fields).map(([name, value]) => ` ${name}=${jsonOf(value)}`).join("");
}

/**
 * A line for programs, with its end: a JSON object. A field that is named as what every line has gets an
 * underscore.
 */
export function jsonLine(head: LogHead, fields: LogFields): string {
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
