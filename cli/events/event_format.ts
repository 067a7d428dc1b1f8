import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { type ColourFlags, hasColour } from "../terminal/colour.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine, safeOnTerminal } from "../terminal/log.ts";
import { documentOf } from "./event_document.ts";
import { eventJson, styledJson } from "./event_json.ts";
import { parseTemplate } from "./event_template.ts";
import { EventText } from "./event_text.ts";
import { arrivalTime, type TimeFlags, timeFormat } from "./event_time.ts";

/** The flags that choose how events are printed. */
export interface FormatFlags extends ColourFlags, TimeFlags {
  /** `nested`: with values that are JSON text as JSON. */
  readonly json?: true | "nested" | undefined;
  readonly format?: string | undefined;
  readonly text?: true | undefined;
  readonly pretty?: true | undefined;
  readonly keysOnly?: true | undefined;
}

/** An event as it is written, with the newline at its end. */
export type EventFormat = (update: DbUpdate) => string;

/** Whether these flags print JSON on this output: by default unless it is a terminal. */
export function isJson(flags: FormatFlags, { isTerminal }: Io["out"]): boolean {
  if (flags.json !== undefined) return true;
  return !isTerminal && flags.format === undefined && !flags.text && !flags.pretty;
}

/**
 * The format of these flags on the output.
 *
 * @throws {UsageError} for a wrong template
 * @param time formats the times of events for people
 */
export function eventFormat(
  flags: FormatFlags,
  { out, env }: Pick<Io, "out" | "env">,
  time = arrivalTime(timeFormat(flags)),
): EventFormat {
  const { format, keysOnly, pretty } = flags;
  if (format !== undefined) return parseTemplate(format, out.isTerminal ? oneLine : undefined);
  if (isJson(flags, out)) return jsonFormat(flags, out.isTerminal);
  const text = new EventText({
    time,
    hasColour: hasColour(flags, out, env),
    isWithoutValue: keysOnly === true || pretty === true,
    columns: () => out.columns,
  });
  if (!pretty || keysOnly) return (update) => `${text.line(update)}\n`;
  return (update) => `${text.line(update)}\n${prettyValue(update)}`;
}

function jsonFormat({ json, keysOnly, pretty }: FormatFlags, isTerminal: boolean): EventFormat {
  const isPlain = json !== "nested" && !keysOnly && !pretty;
  const style = {
    isNested: json === "nested",
    isWithoutValue: keysOnly === true,
    indent: pretty ? INDENT : 0,
  };
  const write = isPlain ? eventJson : (update: DbUpdate) => styledJson(update, style);
  return isTerminal
    ? (update) => `${safeOnTerminal(write(update))}\n`
    : (update) => `${write(update)}\n`;
}

const INDENT = 2;

/** The value over several lines, indented; a text that is not JSON as it is. */
function prettyValue({ value }: DbUpdate): string {
  if (value === null) return "";
  const document = documentOf(value);
  const text = document === undefined ? String(value) : stringifyJson(document, INDENT);
  return text.split("\n").map((line) => `  ${oneLine(safeOnTerminal(line))}\n`).join("");
}
