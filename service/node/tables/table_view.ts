import type { DbRow } from "../../../drivers/contract/db.ts";
import { type DbUpdate, dbUpdate, ROW_ACTIONS, SEND_ALL_TOPIC } from "../../event/db_update.ts";
import { type Difference, differences } from "../../publishers/table_diff.ts";
import { rowDigest } from "./row_digest.ts";

/** An update about one row of a table that a {@linkcode TableView} follows. */
export interface RowUpdate extends DbUpdate {
  readonly table: string;
  readonly key: string;
}

/** What rows are compared with what is known. */
export interface ReconcileOptions {
  /** The rows are those of this topic only. @default the rows of every topic */
  readonly topic?: string | undefined;
  /** When the rows were read, in milliseconds since 1970: the updates' timestamp. */
  readonly timestamp: number;
}

interface KnownRow {
  digest: string;
  /** Undefined while only an event told of the row, which says who heard it, not whose it is. */
  topic: string | null | undefined;
}

/**
 * What a node knows of the rows of chosen tables: for each key a digest of the value, and the topic.
 *
 * Memory: some 200 bytes a row besides its key, however long its value is; it knows as many rows
 * as the tables have.
 */
export class TableView {
  readonly #tables: ReadonlyMap<string, Map<string, KnownRow>>;

  /** @param tables the names of the tables; nothing is known of any yet */
  constructor(tables: Iterable<string>) {
    this.#tables = new Map(Array.from(tables, (table) => [table, new Map()]));
  }

  /** The names of the tables. */
  get tables(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** How many rows of a table are known. */
  size(table: string): number {
    return this.#tables.get(table)?.size ?? 0;
  }

  /** Whether an update tells the state of one row of these tables. */
  follows(update: DbUpdate): update is RowUpdate {
    return update.table !== null && update.key !== null && this.#tables.has(update.table) &&
      ROW_ACTIONS.has(update.action);
  }

  /** The digest of a row's value as it is known, undefined of a row that is not there. */
  digest(table: string, key: string): string | undefined {
    return this.#tables.get(table)?.get(key)?.digest;
  }

  /**
   * The updates that lead from what is known to the rows of one table, as {@linkcode differences}
   * orders them. Each is known from the moment it is taken.
   */
  *reconcile(
    table: string,
    rows: readonly DbRow[],
    { topic, timestamp }: ReconcileOptions,
  ): Generator<DbUpdate, void, undefined> {
    const known = this.#tables.get(table);
    if (known === undefined) throw new TypeError(`Table "${table}": not one of those followed`);
    const concerns = (row: KnownRow) => topic === undefined || row.topic === topic;
    for (const difference of differences(known, rows, { isMoved, isChanged, concerns })) {
      if (difference === undefined) continue;
      applyChange(known, difference);
      yield updateOf(table, difference, timestamp);
    }
  }

  /** Takes in an update that was handed on as it came; one without a value changes nothing. */
  apply({ table, key, action, value, topic }: RowUpdate): void {
    const rows = this.#tables.get(table);
    if (action === "delete") rows?.delete(key);
    else if (value !== null) {
      // On the broadcast topic an event does not say whose its row is; but a `set` keeps the topic.
      const broadcast = action === "create" ? undefined : rows?.get(key)?.topic;
      const rowTopic = topic === SEND_ALL_TOPIC ? broadcast : topic;
      rows?.set(key, { digest: rowDigest(value), topic: rowTopic });
    }
  }

  /** Forgets the rows of a topic, which are followed no more. */
  forgetTopic(topic: string): void {
    for (const rows of this.#tables.values()) {
      for (const [key, row] of rows) {
        if (row.topic === topic) rows.delete(key);
      }
    }
  }
}

function isMoved(known: KnownRow, row: DbRow): boolean {
  return known.topic !== undefined && known.topic !== row.topic;
}

/** On the way, it learns the topic of a row that it had from an event. */
function isChanged(known: KnownRow, row: DbRow): boolean {
  known.topic = row.topic;
  return known.digest !== rowDigest(row.value);
}

function applyChange(known: Map<string, KnownRow>, difference: Difference<KnownRow>): void {
  if (difference.action === "delete") known.delete(difference.key);
  else {
    const { key, value, topic } = difference.row;
    known.set(key, { digest: rowDigest(value), topic });
  }
}

function updateOf(
  table: string,
  difference: Difference<KnownRow>,
  timestamp: number,
): DbUpdate {
  const { action } = difference;
  if (action === "delete") {
    const { key, known: { topic } } = difference;
    return dbUpdate({ table, key, action, topic, timestamp });
  }
  const { key, value, topic } = difference.row;
  return dbUpdate({ table, key, action, value, topic, timestamp });
}
