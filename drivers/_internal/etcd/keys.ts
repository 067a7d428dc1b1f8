import { Buffer } from "node:buffer";
import { strictText } from "../strict_text.ts";

/** Prefix of the key of a row's topic, if the row's JSON does not name it. */
const TOPICS = Buffer.from("/df_pubsub_topic");

/** A range of keys in the gateway's form: base64, without the end. */
export interface KeyRange {
  readonly key: string;
  readonly range_end: string;
}

/** Text in the gateway's form. */
export function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** Decodes base64; undefined if it is not UTF-8. */
export function textOf(encoded: string): string | undefined {
  return strictText(Buffer.from(encoded, "base64"));
}

/**
 * The possible keys of a row: `/<table>/<key>` in UTF-8, as the original lays rows out. The
 * original on Python 3 wrote keys in Latin-1. Bytes that are valid UTF-8 are never read as Latin-1,
 * because they are the key of another row. A slash in the name of a table, which no table of the
 * original has, is escaped: otherwise two tables could share a row.
 */
export function rowKeys(table: string, key: string): readonly [utf8: string, latin1?: string] {
  const path = `${prefixOf(table)}${key}`;
  const latin1 = Buffer.from(path, "latin1").toString("base64");
  const isOther = !/[^\0-\xff]/.test(path) && textOf(latin1) === undefined;
  return isOther ? [base64(path), latin1] : [base64(path)];
}

/** The key of the topic of the row with that key, if its JSON does not name it. */
export function topicKey(rowKey: string): string {
  return Buffer.concat([TOPICS, Buffer.from(rowKey, "base64")]).toString("base64");
}

/** All rows of a table. */
export function tableRange(table: string): KeyRange {
  const prefix = prefixOf(table);
  // In the order of bytes, "0" follows "/".
  return { key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) };
}

/** The row's key in its table, from its key in etcd. */
export function keyOfRow(table: string, rowKey: string): string {
  const path = textOf(rowKey) ?? Buffer.from(rowKey, "base64").toString("latin1");
  return path.slice(prefixOf(table).length);
}

/** The first key that follows in the order of bytes. */
export function keyAfter(encoded: string): string {
  return Buffer.concat([Buffer.from(encoded, "base64"), Buffer.of(0)]).toString("base64");
}

function prefixOf(table: string): string {
  return `/${table.replaceAll("%", "%25").replaceAll("/", "%2F")}/`;
}
