import type { DbUpdate } from "../../service/event/db_update.ts";
import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import { FlagText } from "../flags/flag_text.ts";
import { fit, widthOf } from "../terminal/cells.ts";
import { safeOnTerminal } from "../terminal/log.ts";
import { eventJson, isoTime, styledJson } from "./event_json.ts";
import { type EventText, parsePath } from "./event_path.ts";

function latencyText({ timestamp, origin }: DbUpdate): string | undefined {
  return origin && (timestamp - origin.sentAt / 1000).toFixed(3);
}

function valueText({ value }: DbUpdate): string | undefined {
  if (value === null) return undefined;
  return typeof value === "string" ? value : stringifyJson(value);
}

const bytes = new TextEncoder();

/** The conversions, by letter. */
export const CONVERSIONS: Readonly<Record<string, EventText>> = {
  t: ({ topic }) => topic,
  T: ({ table }) => table ?? undefined,
  k: ({ key }) => key ?? undefined,
  a: ({ action }) => action,
  v: valueText,
  l: (update) => String(bytes.encode(valueText(update) ?? "").length),
  I: ({ timestamp }) => isoTime(timestamp),
  U: ({ timestamp }) => (timestamp / 1000).toFixed(3),
  L: latencyText,
  p: ({ origin }) => origin?.publisher,
  e: ({ origin }) => origin && String(origin.epoch),
  s: ({ origin }) => origin && String(origin.seq),
  o: ({ position }) => position,
  j: (update) => safeOnTerminal(eventJson(update)),
  J: (update) => safeOnTerminal(styledJson(update, { isNested: true })),
};

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  e: "\x1b",
  "0": "\0",
  "\\": "\\",
};

const LITERAL = /[^%\\]+/y;
const WIDTH = /(-?)(\d*)(?:\.(\d+))?/y;
const MAX_COLUMNS = 9_999;
const LETTERS = Object.keys(CONVERSIONS).map((letter) => `%${letter}`).join(" ");

type Part = (update: DbUpdate, safe: Change) => string;
type Change = (text: string) => string;

/**
 * Parses a template of `--format`, with a newline at its end unless it ends with `\c`.
 *
 * @param safe changes each text of an event, so that it may stand on a terminal
 * @throws {UsageError} that points at the character
 */
export function parseTemplate(
  text: string,
  safe: Change = (unchanged) => unchanged,
): (update: DbUpdate) => string {
  const source = new FlagText("--format", text);
  if (text === "") throw source.errorAt(0, "empty, wanted a template such as %t %k");
  const parts: Part[] = [];
  let end = "\n";
  for (let at = 0; at < text.length;) {
    const [part, next] = text[at] === "%" ? conversionAt(source, at) : literalAt(source, at);
    if (part === "\\c") end = "";
    else parts.push(typeof part === "string" ? () => part : part);
    at = next;
  }
  return (update) => {
    let line = "";
    for (const part of parts) line += part(update, safe);
    return line + end;
  };
}

type Parsed = readonly [Part | string, next: number];

function literalAt(source: FlagText, at: number): Parsed {
  const { text } = source;
  const literal = source.match(LITERAL, at)?.[0];
  if (literal !== undefined) return [literal, at + literal.length];
  const escaped = text[at + 1];
  if (escaped === "c" && at + 2 === text.length) return ["\\c", at + 2];
  const character = escaped === undefined ? undefined : ESCAPES[escaped];
  if (character !== undefined) return [character, at + 2];
  const wanted = "wanted \\n \\t \\r \\e \\0 \\\\, or \\c at the end";
  throw source.errorAt(at, `unknown escape "\\${escaped ?? ""}", ${wanted}`);
}

function conversionAt(source: FlagText, start: number): Parsed {
  if (source.text[start + 1] === "%") return ["%", start + 2];
  const [width = "", side, columns, most] = source.match(WIDTH, start + 1) ?? [];
  if (Math.max(Number(columns), Number(most ?? 0)) > MAX_COLUMNS) {
    throw source.errorAt(start + 1, `wanted at most ${MAX_COLUMNS} columns`);
  }
  const at = start + 1 + width.length;
  const [read, next] = readerAt(source, at, start);
  const max = most === undefined ? Infinity : Number(most);
  const min = columns === "" ? 0 : Number(columns);
  const part: Part = (update, safe) => {
    const found = safe(read(update) ?? "");
    const cut = max === Infinity ? found : fit(found, max);
    return min === 0 ? cut : padded(cut, min, side === "-");
  };
  return [part, next];
}

function padded(text: string, columns: number, isLeft: boolean): string {
  const blanks = " ".repeat(Math.max(0, columns - widthOf(text)));
  return isLeft ? text + blanks : blanks + text;
}

function readerAt(source: FlagText, at: number, start: number): readonly [EventText, number] {
  const { text } = source;
  const letter = text[at];
  if (letter === "{") {
    const { read, end } = parsePath(source, at + 1);
    if (text[end] !== "}") throw source.errorAt(end, `wanted } at the end of the path`);
    return [read, end + 1];
  }
  const found = letter !== undefined && Object.hasOwn(CONVERSIONS, letter)
    ? CONVERSIONS[letter]
    : undefined;
  if (found !== undefined) return [found, at + 1];
  const wanted = `wanted one of ${LETTERS} %{path} %%`;
  throw source.errorAt(start, `unknown conversion "${text.slice(start, at + 1)}", ${wanted}`);
}
