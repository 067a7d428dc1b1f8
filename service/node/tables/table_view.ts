import type { DbRow } from "../../../drivers/contract/db.ts";
import { type DbUpdate, dbUpdate, ROW_ACTIONS, SEND_ALL_TOPIC } from "../../event/db_update.ts";
import { type Difference, differences } from "../../publishers/table_diff.ts";
import { rowDigest } from "./row_digest.ts";

/** An event about one row of a table that a {@linkcode TableView} follows. */
export interface RowUpdate extends DbUpdate {
  readonly table: string;
  readonly key: string;
}

/** Options of {@linkcode TableView.reconcile}. */
export interface ReconcileOptions {
  /** Compare only the rows of this topic. @default the rows of every topic */
  readonly topic?: string | undefined;
  /** Whether the application follows a topic now, which it may change at each event. @default true */
  readonly isFollowed?: ((topic: string) => boolean) | undefined;
  /** When the rows were read, in milliseconds since 1970: the timestamp of the events. */
  readonly timestamp: number;
}

interface KnownRow {
  digest: string;
  /** Undefined if the row is known only from an event, which has the topic of its receivers. */
  topic: string | null | undefined;
}

/**
 * What a node knows of the rows of chosen tables: for each key a digest of the value, and the
 * topic.
 *
 * Memory: about 200 bytes per row plus its key, regardless of the size of its value.
 */
export class TableView {
  readonly #tables: ReadonlyMap<string, Map<string, KnownRow>>;

  /** @param tables the names of the tables, of which it knows no rows yet */
  constructor(tables: Iterable<string>) {
    this.#tables = new Map(Array.from(tables, (table) => [table, new Map()]));
  }

  /** The names of the tables. */
  get tables(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** Number of known rows of a table. */
  size(table: string): number {
    return this.#tables.get(table)?.size ?? 0;
  }

  /** Whether an event says the state of one row of these tables. */
  follows(update: DbUpdate): update is RowUpdate {
    return update.table !== null && update.key !== null && this.#tables.has(update.table) &&
      ROW_ACTIONS.has(update.action);
  }

  /** The digest of the known value of a row; undefined if the row does not exist. */
  digest(table: string, key: string): string | undefined {
    return this.#tables.get(table)?.get(key)?.digest;
  }

  /** Whether the row is known to exist, with another topic or an unknown one. */
  isOutside(table: string, key: string, topic: string): boolean {
    const row = this.#tables.get(table)?.get(key);
    return row !== undefined && row.topic !== topic;
  }

  /**
   * The events that lead from the known rows to the current rows of one table, in the order of
   * {@linkcode differences}. Each counts as known as soon as it is taken. Events of topics that are
   * not followed are left out.
   */
  *reconcile(
    table: string,
    rows: readonly DbRow[],
    { topic, timestamp, isFollowed }: ReconcileOptions,
  ): Generator<DbUpdate, void, undefined> {
    const known = this.#tables.get(table);
    if (known === undefined) throw new TypeError(`Table "${table}": not a followed table`);
    const concerns = (row: KnownRow) => topic === undefined || row.topic === topic;
    for (const difference of differences(known, rows, { isMoved, isChanged, concerns })) {
      if (difference === undefined) continue;
      const update = updateOf(table, difference, timestamp);
      if (isFollowed?.(update.topic) === false) continue;
      applyChange(known, difference);
      yield update;
    }
  }

  /** Applies an event that was passed on unchanged; an event without a value changes nothing. */
  apply({ table, key, action, value, topic }: RowUpdate): void {
    const rows = this.#tables.get(table);
    if (action === "delete") rows?.delete(key);
    else if (value !== null) {
      // An event on the broadcast topic does not say the topic of its row, but a `set` does not
      // change it.
      const broadcast = action === "create" ? undefined : rows?.get(key)?.topic;
      const rowTopic = topic === SEND_ALL_TOPIC ? broadcast : topic;
      rows?.set(key, { digest: rowDigest(value), topic: rowTopic });
    }
  }

  /** Forgets the rows of a topic. */
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

/** Also learns the topic of a row that was known only from an event. */
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
