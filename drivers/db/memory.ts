import type {
  DbRow,
  NbDbDriver,
  TableChange,
  TopicOption,
  WatchTableOptions,
} from "../contract/db.ts";
import { DbKeyNotFound, DriverError } from "../contract/errors.ts";
import type { DriverContext } from "../contract/pubsub.ts";
import { untilAborted } from "../contract/waiting.ts";
import { Notifier } from "../_internal/notifier.ts";
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
  /** The keys that each watch has not reported yet. */
  readonly unreported: Set<Set<string>>;
  readonly changed: Notifier;
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

  async *watch(table: string, { signal }: WatchTableOptions): AsyncGenerator<TableChange> {
    await this.#settle({ table }, () => {});
    const { unreported, changed } = this.#tableOf(table);
    const keys = new Set<string>();
    unreported.add(keys);
    try {
      yield { kind: "whole", rows: this.#sorted(table, undefined) };
      while (!signal.aborted && !this.#closed) {
        if (keys.size > 0) yield this.#changesOf(table, keys);
        else await untilAborted(changed.wait(), signal);
      }
    } finally {
      unreported.delete(keys);
    }
  }

  #changesOf(table: string, keys: Set<string>): TableChange {
    const all = [...keys];
    keys.clear();
    const rows = all.map((key) => this.#find(table, key, undefined));
    return {
      kind: "changes",
      rows: rows.filter((row) => row !== undefined),
      gone: all.filter((_, at) => rows[at] === undefined),
    };
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
    for (const { changed } of this.#tables.values()) changed.notify();
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
    const existing = this.#tableOf(table);
    existing.rows.set(row.key, row);
    noteChange(existing, row.key);
  }

  #remove(table: string, key: string): void {
    const existing = this.#tables.get(table);
    if (existing?.rows.delete(key)) noteChange(existing, key);
  }

  #tableOf(table: string): MemoryTable {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const rows = new Map<string, DbRow>();
    const added = { rows, version: 0, unreported: new Set<Set<string>>(), changed: new Notifier() };
    this.#tables.set(table, added);
    return added;
  }

  #sorted(table: string, topic: string | undefined): DbRow[] {
    const rows = this.#tables.get(table)?.rows.values() ?? [];
    return [...rows]
      .filter((row) => topic === undefined || row.topic === topic)
      .sort((a, b) => compareCodePoints(a.key, b.key));
  }
}

function noteChange(table: MemoryTable, key: string): void {
  table.version++;
  for (const keys of table.unreported) keys.add(key);
  table.changed.notify();
}
