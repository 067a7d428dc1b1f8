import type { DbRow, NbDbDriver, TopicOption } from "../contract/db.ts";
import { DbKeyNotFound, DriverError } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import {
  compareCodePoints,
  COUNTERS,
  type NamedTexts,
  requireWellFormed,
} from "../_internal/db_text.ts";

/** Opens another client of a database. */
export type DbOpener = (context?: DriverContext) => Promise<NbDbDriver>;

/**
 * Creates an empty database that lives as long as the returned opener. All clients of the opener
 * see the same rows; disposing a client keeps them. Other processes cannot see them.
 */
export function createMemoryDb(): DbOpener {
  const tables = new Map<string, MemoryTable>();
  return () => Promise.resolve(new MemoryDb(tables));
}

/** Opens an empty database that no other client shares. It has no options. */
export function openMemoryDb(context?: DriverContext): Promise<NbDbDriver> {
  return createMemoryDb()(context);
}

interface MemoryTable {
  readonly rows: Map<string, DbRow>;
  /** Number of writes to the table. */
  version: number;
}

class MemoryDb implements NbDbDriver {
  readonly name = "memory";
  readonly reach = "process";
  readonly #tables: Map<string, MemoryTable>;
  #closed = false;

  constructor(tables: Map<string, MemoryTable>) {
    this.#tables = tables;
  }

  get(table: string, key: string, { topic }: TopicOption = {}): Promise<string> {
    return this.#settle({ table, key, topic }, () => this.#existing(table, key, topic).value);
  }

  create(
    table: string,
    key: string,
    value: string,
    { topic }: TopicOption = {},
  ): Promise<void> {
    const texts = { table, key, value, topic };
    return this.#settle(texts, () => this.#put(table, { key, value, topic: topic ?? null }));
  }

  set(table: string, key: string, value: string, { topic }: TopicOption = {}): Promise<void> {
    return this.#settle({ table, key, value, topic }, () => {
      this.#put(table, { ...this.#existing(table, key, topic), value });
    });
  }

  delete(table: string, key: string, { topic }: TopicOption = {}): Promise<void> {
    return this.#settle({ table, key, topic }, () => {
      this.#existing(table, key, topic);
      this.#remove(table, key);
    });
  }

  keys(table: string, { topic }: TopicOption = {}): Promise<string[]> {
    return this.#settle({ table, topic }, () => this.#sorted(table, topic).map((row) => row.key));
  }

  entries(table: string, { topic }: TopicOption = {}): Promise<DbRow[]> {
    return this.#settle({ table, topic }, () => this.#sorted(table, topic));
  }

  compareAndDelete(
    table: string,
    key: string,
    expected: string,
    { topic }: TopicOption = {},
  ): Promise<boolean> {
    return this.#settle({ table, key, expected, topic }, () => {
      if (this.#find(table, key, topic)?.value !== expected) return false;
      this.#remove(table, key);
      return true;
    });
  }

  tableVersion(table: string): Promise<string> {
    return this.#settle({ table }, () => String(this.#tables.get(table)?.version ?? 0));
  }

  allocateUniqueKey(table: string): Promise<number> {
    return this.#settle({ table }, () => {
      const next = Number(this.#find(COUNTERS, table, undefined)?.value ?? 0) + 1;
      this.#put(COUNTERS, { key: table, value: String(next), topic: null });
      return next;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  /** Does the work at once; its error becomes the promise's rejection. */
  #settle<T>(texts: NamedTexts, work: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new DriverError("CLOSED", `Database "${this.name}" is closed`);
      requireWellFormed(texts);
      resolve(work());
    });
  }

  #find(table: string, key: string, topic: string | undefined): DbRow | undefined {
    const row = this.#tables.get(table)?.rows.get(key);
    return topic === undefined || row?.topic === topic ? row : undefined;
  }

  #existing(table: string, key: string, topic: string | undefined): DbRow {
    const row = this.#find(table, key, topic);
    if (row === undefined) throw new DbKeyNotFound(table, key, topic);
    return row;
  }

  #put(table: string, row: DbRow): void {
    const existing = this.#tables.get(table) ?? { rows: new Map<string, DbRow>(), version: 0 };
    existing.rows.set(row.key, row);
    existing.version++;
    this.#tables.set(table, existing);
  }

  #remove(table: string, key: string): void {
    const existing = this.#tables.get(table);
    if (existing?.rows.delete(key)) existing.version++;
  }

  #sorted(table: string, topic: string | undefined): DbRow[] {
    const rows = this.#tables.get(table)?.rows.values() ?? [];
    return [...rows]
      .filter((row) => topic === undefined || row.topic === topic)
      .sort((a, b) => compareCodePoints(a.key, b.key));
  }
}
