import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { DbRow } from "../../contract/db.ts";

type Row = Record<string, SQLOutputValue>;

/** One row, of a topic if that parameter is not null. Deno 2.4 binds only bare `?` by position. */
const ONE_ROW = "table_name = ? AND key = ? AND topic IS coalesce(?, topic)";

/**
 * The prepared statements of one connection. Each method is one statement, so each is atomic and
 * sees one snapshot of the database; none waits. Writes tell whether they found their row.
 */
export class SqliteStatements {
  /** Differs between any two connections, so that counts of different files never look the same. */
  readonly #id = crypto.randomUUID();
  readonly #get: StatementSync;
  readonly #create: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #compareAndDelete: StatementSync;
  readonly #entries: StatementSync;
  readonly #entriesOfTopic: StatementSync;
  readonly #keys: StatementSync;
  readonly #keysOfTopic: StatementSync;
  readonly #version: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = (text: string) => database.prepare(text);
    const sorted = (columns: string, and = "") =>
      `SELECT ${columns} FROM northbound WHERE table_name = ? ${and} ORDER BY key`;

    this.#get = prepare(`SELECT value FROM northbound WHERE ${ONE_ROW}`);
    this.#create = prepare(
      `INSERT INTO northbound (table_name, key, value, topic) VALUES (?, ?, ?, ?)
       ON CONFLICT (table_name, key) DO UPDATE SET value = excluded.value, topic = excluded.topic`,
    );
    this.#set = prepare(`UPDATE northbound SET value = ? WHERE ${ONE_ROW}`);
    this.#delete = prepare(`DELETE FROM northbound WHERE ${ONE_ROW}`);
    this.#compareAndDelete = prepare(`DELETE FROM northbound WHERE value = ? AND ${ONE_ROW}`);
    this.#entries = prepare(sorted("key, value, topic"));
    this.#entriesOfTopic = prepare(sorted("key, value, topic", "AND topic = ?"));
    this.#keys = prepare(sorted("key"));
    this.#keysOfTopic = prepare(sorted("key", "AND topic = ?"));
    this.#version = prepare("SELECT version FROM versions WHERE table_name = ?");
  }

  get(table: string, key: string, topic?: string): string | undefined {
    const row = this.#get.get(toStored(table), toStored(key), orNull(topic));
    return row && textIn(row, "value");
  }

  create(table: string, row: DbRow): void {
    const topic = orNull(row.topic);
    this.#create.run(toStored(table), toStored(row.key), toStored(row.value), topic);
  }

  set(table: string, key: string, value: string, topic?: string): boolean {
    return changed(this.#set, toStored(value), toStored(table), toStored(key), orNull(topic));
  }

  delete(table: string, key: string, topic?: string): boolean {
    return changed(this.#delete, toStored(table), toStored(key), orNull(topic));
  }

  compareAndDelete(table: string, key: string, expected: string, topic?: string): boolean {
    const texts = [toStored(expected), toStored(table), toStored(key)];
    return changed(this.#compareAndDelete, ...texts, orNull(topic));
  }

  entries(table: string, topic?: string): DbRow[] {
    return rowsOf(topic === undefined ? this.#entries : this.#entriesOfTopic, table, topic)
      .map((row) => ({
        key: textIn(row, "key"),
        value: textIn(row, "value"),
        topic: row["topic"] === null ? null : textIn(row, "topic"),
      }));
  }

  keys(table: string, topic?: string): string[] {
    return rowsOf(topic === undefined ? this.#keys : this.#keysOfTopic, table, topic)
      .map((row) => textIn(row, "key"));
  }

  /** A text that every write to the table changes, whoever writes, and every new connection. */
  version(table: string): string {
    return `${this.#id}.${Number(this.#version.get(toStored(table))?.["version"] ?? 0)}`;
  }
}

function orNull(topic: string | null | undefined): string | null {
  return topic === null || topic === undefined ? null : toStored(topic);
}

function changed(statement: StatementSync, ...parameters: (string | null)[]): boolean {
  return Number(statement.run(...parameters).changes) > 0;
}

function rowsOf(statement: StatementSync, table: string, topic: string | undefined): Row[] {
  if (topic === undefined) return statement.all(toStored(table));
  return statement.all(toStored(table), toStored(topic));
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`column "${column}": ${typeof value}`);
  return fromStored(value);
}

/**
 * How text is spelled in the database file: as it is, but for two characters that no ordinary row
 * has. node:sqlite cuts text at U+0000 when reading, so U+0000 is written as U+0001 U+0001, and
 * U+0001 as U+0001 U+0002. Equal texts stay equal and the order of texts stays the same.
 */
function toStored(text: string): string {
  if (!text.includes("\0") && !text.includes("\x01")) return text;
  return text.replaceAll("\x01", "\x01\x02").replaceAll("\0", "\x01\x01");
}

/** Undoes {@linkcode toStored}. */
function fromStored(stored: string): string {
  if (!stored.includes("\x01")) return stored;
  return stored.replaceAll("\x01\x01", "\0").replaceAll("\x01\x02", "\x01");
}
