import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import type { DbUpdate, JsonValue } from "../../service/event/db_update.ts";
import { didYouMean } from "../../service/config/edit_distance.ts";
import type { FlagText } from "../flags/flag_text.ts";
import { documentOf } from "./event_document.ts";
import { isoTime, microsTime } from "./event_json.ts";

/** Reads a text of an event; undefined if the event does not have it. */
export type EventText = (update: DbUpdate) => string | undefined;

type Field = (update: DbUpdate) => JsonValue | undefined;

/** The names with which a path begins: those of a line of `subscribe --json`. */
const FIELDS: Readonly<Record<string, Field>> = {
  topic: ({ topic }) => topic,
  table: ({ table }) => table,
  key: ({ key }) => key,
  action: ({ action }) => action,
  value: ({ value }) => value,
  receivedAt: ({ timestamp }) => isoTime(timestamp),
  position: ({ position }) => position,
  publisher: ({ origin }) => origin?.publisher,
  epoch: ({ origin }) => origin?.epoch,
  seq: ({ origin }) => origin?.seq,
  sentAt: ({ origin }) => origin && microsTime(origin),
  syncReason: ({ reason }) => reason,
};

const FIELD_NAMES = Object.keys(FIELDS);

/** One step into a value: the name of a member, or the index of an item. */
type Step = string | number;

/** A path in a text, and where the text goes on after it. */
export interface ParsedPath {
  readonly read: EventText;
  readonly end: number;
}

const NAME = /[\p{L}\p{N}_$@/:-]+/uy;
const INDEX = /\[(\d{1,9})\]/y;
const QUOTED = /\["((?:[^"\\]|\\.)*)"\]/y;

/**
 * Parses a path at a place in a text: a name of an event, and for `value` steps as `.name`, `[0]`
 * and `["any name"]`. A value that is a text is read as JSON.
 *
 * @throws {UsageError} that points at the character
 */
export function parsePath(source: FlagText, start: number): ParsedPath {
  const name = source.match(NAME, start)?.[0];
  if (name === undefined) throw source.errorAt(start, `wanted a name as value or key`);
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (field === undefined) {
    const guess = didYouMean(name, FIELD_NAMES);
    const wanted = guess === "" ? `: wanted one of ${FIELD_NAMES.join(", ")}` : guess;
    throw source.errorAt(start, `unknown name "${name}"${wanted}`);
  }
  const { steps, end } = parseSteps(source, start + name.length);
  if (steps.length > 0 && name !== "value") {
    throw source.errorAt(start + name.length, `"${name}" has no parts, only "value" has them`);
  }
  const read: EventText = (update) => {
    const value = field(update) ?? undefined;
    return textOf(steps.length === 0 ? value : walk(documentOf(value), steps));
  };
  return { read, end };
}

function parseSteps(source: FlagText, start: number): { steps: Step[]; end: number } {
  const steps: Step[] = [];
  let at = start;
  while (source.text[at] === "." || source.text[at] === "[") {
    const [found, step] = stepAt(source, at);
    steps.push(step);
    at += found.length;
  }
  return { steps, end: at };
}

function stepAt(source: FlagText, at: number): readonly [string, Step] {
  if (source.text[at] === ".") {
    const name = source.match(NAME, at + 1)?.[0];
    if (name === undefined) throw source.errorAt(at + 1, `wanted a name after the dot`);
    return [`.${name}`, name];
  }
  const index = source.match(INDEX, at);
  if (index !== null) return [index[0], Number(index[1])];
  const quoted = source.match(QUOTED, at);
  if (quoted === null) throw source.errorAt(at + 1, `wanted [0] or ["name"]`);
  return [quoted[0], (quoted[1] ?? "").replaceAll(/\\(.)/g, "$1")];
}

function walk(value: JsonValue | undefined, steps: readonly Step[]): JsonValue | undefined {
  let at = value;
  for (const step of steps) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<Step, JsonValue>>)[step];
  }
  return at;
}

/** A text as it is, anything else as JSON. */
function textOf(value: JsonValue | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : stringifyJson(value);
}
