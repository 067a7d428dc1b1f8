/** The texts of one database operation by their role: `{ table, key, value, topic }`. */
export type NamedTexts = Readonly<Record<string, string | undefined>>;

/** Identifies a row; without a topic, a row of any topic. */
export interface RowId {
  readonly table: string;
  readonly key: string;
  readonly topic: string | undefined;
}

/** The table of the counters: a row for each table that has one, its value a decimal number. */
export const COUNTERS = "unique_key";

/**
 * Refuses a value that is not a string; only the topic may be undefined. Also refuses text without
 * a UTF-8 form: a lone surrogate would be stored as another character, so two different keys could
 * become one row.
 *
 * @throws {TypeError} with the role of the text
 */
export function requireWellFormed(texts: NamedTexts): void {
  for (const name in texts) {
    if (Object.hasOwn(texts, name)) requireText(name, texts[name]);
  }
}

function requireText(name: string, text: string | null | undefined): void {
  if (text === undefined && name === "topic") return;
  if (typeof text !== "string") {
    const type = text === null ? "null" : typeof text;
    throw new TypeError(`Database row "${name}": ${type}, wanted text`);
  }
  if (!text.isWellFormed()) {
    throw new TypeError(
      `Database row "${name}": has a surrogate without its pair, wanted well-formed Unicode`,
    );
  }
}

/**
 * The order in which every driver lists keys: by code point, which is also the order of UTF-8 bytes
 * that databases use. Negative if `a` comes first, zero if the texts are equal.
 */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Ranks surrogates, which belong to the highest code points, above all other code units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
