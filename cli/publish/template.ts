import { didYouMean } from "../../service/config/edit_distance.ts";
import { isJsonArray } from "../../service/event/codec/json_value.ts";
import { MAX_LEVELS, tooDeep } from "../../service/event/codec/limits.ts";
import type { DbUpdate, JsonValue } from "../../service/event/db_update.ts";

const PLACEHOLDERS = "{{n}}, {{uuid}}, {{time}}, {{random 1 100}}";

const NAMES = ["n", "uuid", "time", "random"];
const PLACEHOLDER = /\{\{(.*?)\}\}/gs;

/** Text between two placeholders, or what makes the text of a placeholder. */
type Part = string | ((n: number) => string);

/**
 * Replaces the placeholders in the keys and values of events: the number of the event, counted from
 * 1; a random UUID; the time in ISO 8601; a random whole number between two, both included.
 */
export class Templates {
  /** The last texts of each field, since an event is often repeated. */
  readonly #parsed = new Map<string, readonly Part[]>();
  #n = 0;

  /** The next event, with its placeholders replaced. @throws {TypeError} for an invalid one */
  next(update: DbUpdate): DbUpdate {
    const n = this.#n + 1;
    const key = update.key === null ? null : this.#text(update.key, n);
    const event = { ...update, key, value: this.#value(update.value, n) };
    this.#n = n;
    return event;
  }

  #value(value: JsonValue, n: number, level = 1): JsonValue {
    if (typeof value === "string") return this.#text(value, n);
    if (typeof value !== "object" || value === null) return value;
    if (level > MAX_LEVELS) throw tooDeep();
    if (isJsonArray(value)) return value.map((item) => this.#value(item, n, level + 1));
    const entries = Object.entries(value)
      .map(([name, item]) => [name, this.#value(item, n, level + 1)]);
    return Object.fromEntries(entries);
  }

  #text(text: string, n: number): string {
    if (!text.includes("{{")) return text;
    const parts = this.#parsed.get(text) ?? parse(text);
    if (this.#parsed.size >= MAX_PARSED) this.#parsed.clear();
    this.#parsed.set(text, parts);
    return parts.map((part) => typeof part === "string" ? part : part(n)).join("");
  }
}

/** Maximum number of texts that are kept parsed. */
const MAX_PARSED = 64;

function parse(text: string): readonly Part[] {
  return text.split(PLACEHOLDER).map((part, index) => index % 2 === 0 ? part : placeholder(part));
}

function placeholder(content: string): Part {
  const [name = "", ...bounds] = content.trim().split(/\s+/);
  if (name === "random") return random(content, bounds);
  if (bounds.length > 0 || !NAMES.includes(name)) throw unknown(content, name);
  if (name === "n") return String;
  return name === "uuid" ? () => crypto.randomUUID() : () => new Date().toISOString();
}

function random(content: string, bounds: readonly string[]): Part {
  const [min = NaN, max = NaN] = bounds.map((text) => /^-?\d+$/.test(text) ? Number(text) : NaN);
  const count = max - min + 1;
  if (bounds.length !== 2 || !(count >= 1) || !Number.isSafeInteger(count)) {
    throw new TypeError(
      `"{{${content}}}": invalid bounds, wanted two whole numbers, the smaller one first, ` +
        "as {{random 1 100}}",
    );
  }
  return () => String(min + Math.floor(Math.random() * count));
}

function unknown(content: string, name: string): TypeError {
  const shown = content.length <= 40 ? content : `${content.slice(0, 39)}…`;
  return new TypeError(
    `"{{${shown}}}": unknown placeholder, wanted one of ${PLACEHOLDERS}${didYouMean(name, NAMES)}`,
  );
}
