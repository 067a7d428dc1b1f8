import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { DbRow, EntriesOptions } from "../../contract/db.ts";
import { COUNTERS } from "../db_text.ts";
import { knownRow } from "../known_row.ts";

type Row = Record<string, SQLOutputValue>;

/** Number of rows per read, which takes about 0.2 ms. */
const PAGE_ROWS = 100;

/** A page of a table's rows, in the order of their keys. */
export interface SqlitePage {
  readonly rows: readonly DbRow[];
  /** The key of the next row; undefined at the end of the table. */
  readonly next: string | undefined;
}

/**
 * One row; of one topic if that parameter is not null. Deno 2.4 binds only bare `?` by position.
 */
const ONE_ROW = "table_name = ? AND key = ? AND topic IS coalesce(?, topic)";

/**
 * The prepared statements of one connection. Each method is one statement, so it is atomic and sees
 * one snapshot of the database. None waits. Writes return whether they found their row.
 */
export class SqliteStatements {
  /** Differs between connections, so that counts of different files are never equal. */
  readonly #id = crypto.randomUUID();
  readonly #get: StatementSync;
  readonly #create: StatementSync;
  readonly #set: StatementSync;
  readonly #delete: StatementSync;
  readonly #compareAndDelete: StatementSync;
  readonly #page: StatementSync;
  readonly #pageOfTopic: StatementSync;
  readonly #keys: StatementSync;
  readonly #keysOfTopic: StatementSync;
  readonly #version: StatementSync;
  readonly #count: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = (text: string) => database.prepare(text);
    const keys = (and = "") =>
      prepare(`SELECT key FROM northbound WHERE table_name = ? ${and} ORDER BY key`);
    const page = (and = "") =>
      prepare(
        `SELECT key, value, topic FROM northbound WHERE table_name = ? ${and} AND key >= ?
         ORDER BY key LIMIT ${PAGE_ROWS + 1}`,
      );

    this.#get = prepare(`SELECT value FROM northbound WHERE ${ONE_ROW}`);
    this.#create = prepare(
      `INSERT INTO northbound (table_name, key, value, topic) VALUES (?, ?, ?, ?)
       ON CONFLICT (table_name, key) DO UPDATE SET value = excluded.value, topic = excluded.topic`,
    );
    this.#set = prepare(`UPDATE northbound SET value = ? WHERE ${ONE_ROW}`);
    this.#delete = prepare(`DELETE FROM northbound WHERE ${ONE_ROW}`);
    this.#compareAndDelete = prepare(`DELETE FROM northbound WHERE value = ? AND ${ONE_ROW}`);
    this.#page = page();
    this.#pageOfTopic = page("AND topic = ?");
    this.#keys = keys();
    this.#keysOfTopic = keys("AND topic = ?");
    this.#count = prepare(
      `INSERT INTO northbound (table_name, key, value) VALUES (?, ?, '1')
       ON CONFLICT (table_name, key) DO UPDATE SET value = CAST(value AS INTEGER) + 1
       RETURNING CAST(value AS INTEGER) AS number`,
    );
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

  /** The first rows of a table, or of one topic, with keys from `from` on. */
  page(table: string, { topic, known }: EntriesOptions, from = ""): SqlitePage {
    const parameters = [...inTable(table, topic), toStored(from)];
    const rows = (topic === undefined ? this.#page : this.#pageOfTopic).all(...parameters);
    const next = rows.length > PAGE_ROWS ? rows.pop() : undefined;
    return { rows: rows.map((row) => dbRow(row, known)), next: next && textIn(next, "key") };
  }

  keys(table: string, topic?: string): string[] {
    return (topic === undefined ? this.#keys : this.#keysOfTopic).all(...inTable(table, topic))
      .map((row) => textIn(row, "key"));
  }

  /** Counts on, and says how far. */
  count(table: string): number {
    return Number(this.#count.get(COUNTERS, toStored(table))?.["number"]);
  }

  /** A text that every write to the table changes, and that differs for every new connection. */
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

function inTable(table: string, topic: string | undefined): string[] {
  return topic === undefined ? [toStored(table)] : [toStored(table), toStored(topic)];
}

function dbRow(row: Row, known: EntriesOptions["known"]): DbRow {
  const topic = row["topic"] === null ? null : textIn(row, "topic");
  return knownRow(known, textIn(row, "key"), textIn(row, "value"), topic);
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`column "${column}": ${typeof value}`);
  return fromStored(value);
}

/**
 * The form of text in the database file: unchanged except for two characters that ordinary rows
 * lack. node:sqlite cuts text at U+0000 when reading, so U+0000 is written as U+0001 U+0001, and
 * U+0001 as U+0001 U+0002. This keeps equality and order of texts.
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
