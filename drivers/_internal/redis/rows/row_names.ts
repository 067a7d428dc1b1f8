import type { Buffer } from "node:buffer";

/** The form of a row's name: `{table.topic}.key` or `{table.topic}key`. */
export type RedisKeySchema = "released" | "head";

/** A row, according to its name. */
export interface RedisRowName {
  /** The name in the database. */
  readonly name: string;
  readonly key: string;
  /** Null if the row belongs to no topic. */
  readonly topic: string | null;
  readonly schema: RedisKeySchema;
}

/** Identifies a row; an empty or undefined topic means none. */
export interface RedisRowId {
  readonly table: string;
  readonly key: string;
  readonly topic: string | null | undefined;
}

/**
 * The name of a row. Both schemas leave ordinary texts unchanged, and escape characters that would
 * make two names equal. `%2E` stands for a dot in a table, or at the start of a key that follows no
 * dot. `%7D` stands for a closing brace in a table or topic. A `%` that would look like one of
 * these is `%25`.
 */
export function redisRowName({ table, key, topic }: RedisRowId, schema: RedisKeySchema): string {
  return redisTag(table, topic) + (schema === "released" ? `.${key}` : headKey(key));
}

/** `{table.topic}`: determines the slot of a row in a cluster, in both schemas. */
function redisTag(table: string, topic: string | null | undefined): string {
  return `${tablePrefix(table)}${escape(topic ?? "", /}/g)}}`;
}

/** The part of a name that determines its slot: up to the first closing brace. */
export function redisTagOf(name: string): string {
  return name.slice(0, name.indexOf("}") + 1);
}

/** Whether a name is that of a row of any table, in the schema `head`. */
export function isHeadRowName(name: string): boolean {
  return /^\{[^}]*\.[^}]*\}[^.]/.test(name);
}

/**
 * Parses many names of one table, each given as text and as bytes; undefined if a name belongs to
 * another table. The result holds no reference to the name: the key is a separate text, and rows of
 * one topic share the text of the topic.
 */
export function redisRowNameReader(
  table: string,
): (name: string, bytes: Buffer) => RedisRowName | undefined {
  const prefix = tablePrefix(table);
  const topics = new Map<string, string>([["", ""]]);
  return (name, bytes) => {
    const end = name.indexOf("}", prefix.length);
    if (end < 0 || !name.startsWith(prefix)) return undefined;
    const written = name.slice(prefix.length, end);
    let topic = topics.get(written);
    if (topic === undefined) {
      topic = unescape(part(name, bytes, prefix.length, end));
      topics.set(written, topic);
    }
    const isReleased = name.startsWith(".", end + 1);
    const key = part(name, bytes, end + (isReleased ? 2 : 1));
    return {
      name,
      topic: topic === "" ? null : topic,
      key: isReleased ? key : key.replace(/^%(25|2E)/, decoded),
      schema: isReleased ? "released" : "head",
    };
  };
}

/** A glob that matches every row of a table, or of one topic in it. */
export function redisTablePattern(table: string, topic?: string): string {
  return topic === undefined
    ? `${glob(tablePrefix(table))}*}*`
    : `${glob(redisTag(table, topic))}*`;
}

/** A glob that matches every row with this key, in any topic and schema, and a few others. */
export function redisKeyPattern(table: string, key: string): string {
  // The first character may be escaped.
  const [first = ""] = key;
  return redisTablePattern(table) + glob(key.slice(first.length));
}

function tablePrefix(table: string): string {
  return `{${escape(table, /[.}]/g)}.`;
}

function headKey(key: string): string {
  return key.startsWith(".") ? `%2E${key.slice(1)}` : key.replace(/^%(?=25|2E)/, "%25");
}

/**
 * A slice would refer to the whole text and be slower to compare; a text made from bytes does not.
 */
function part(name: string, bytes: Buffer, from: number, to = name.length): string {
  const isAscii = bytes.length === name.length;
  return isAscii ? bytes.toString("latin1", from, to) : name.slice(from, to);
}

function escape(text: string, reserved: RegExp): string {
  return text.replace(/%(?=25|2E|7D)/g, "%25").replace(reserved, encoded);
}

function encoded(character: string): string {
  return character === "." ? "%2E" : "%7D";
}

function unescape(text: string): string {
  return text.replace(/%(25|2E|7D)/g, decoded);
}

function decoded(_escape: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 16));
}

function glob(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
