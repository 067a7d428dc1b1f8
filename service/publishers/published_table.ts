import type { DbRow } from "../../drivers/contract/db.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { inTurns } from "../../drivers/contract/next_turn.ts";
import type { Clock } from "../base/clock.ts";
import { type DbUpdate, dbUpdate, PUBLISHER_TABLE, SEND_ALL_TOPIC } from "../event/db_update.ts";
import { diffTable, type RowDifference, sameButActivity } from "./table_diff.ts";

/** Publishes one event; throws or rejects if it could not. */
export type PublishUpdate = (update: DbUpdate) => void | Promise<void>;

/** A pause of `pauseMs` after every `rows` events, since the queues of subscribers are finite. */
export interface Pace {
  /** Number of events between two pauses. */
  readonly rows: number;
  /** Duration of a pause in milliseconds. */
  readonly pauseMs: number;
}

const DEFAULT_PACE: Pace = { rows: 100, pauseMs: 50 };

/** Options of a {@linkcode PublishedTable}. */
export interface PublishedTableOptions {
  /** Whether the first catch-up publishes a `create` for each row. */
  readonly announceExisting: boolean;
  /** Must not wait for long: a row that fails does not hold up the others. */
  readonly publish: PublishUpdate;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /** The topic of an event. @default SEND_ALL_TOPIC */
  readonly topicOf?: (row: DbRow) => string;
  /** How fast events are published. @default 100 rows, then 50 ms: 2,000 per second */
  readonly pace?: Pace;
}

/** The rows of a table that subscribers know. It publishes how the table differs from them. */
export class PublishedTable {
  readonly #table: string;
  readonly #options: PublishedTableOptions;
  readonly #pace: Pace;
  readonly #counters = { published: 0, failed: 0 };
  #rows: Map<string, DbRow> | undefined;
  #sincePause = 0;

  /** @param table the name of the table */
  constructor(table: string, options: PublishedTableOptions) {
    this.#table = table;
    this.#options = options;
    this.#pace = options.pace ?? DEFAULT_PACE;
  }

  /** The rows by key; undefined before the first catch-up. */
  get rows(): ReadonlyMap<string, DbRow> | undefined {
    return this.#rows;
  }

  /** Events that were published, and those that could not be. */
  get counters(): { readonly published: number; readonly failed: number } {
    return this.#counters;
  }

  /**
   * Publishes the changes of a table with these rows.
   *
   * @throws the first failure, after all other changes were tried; the signal's reason on abort
   */
  async catchUp(rows: readonly DbRow[], signal: AbortSignal | undefined): Promise<void> {
    if (this.#rows === undefined && !this.#options.announceExisting) {
      const known = new Map<string, DbRow>();
      await inTurns(rows, (row) => void known.set(row.key, row));
      this.#rows = known;
      return;
    }
    await this.#publishDiff(this.#rows ?? new Map(), rows, signal);
  }

  /** As {@linkcode catchUp}, when only some rows have changed, and others are gone. */
  async catchUpWith(
    { rows, gone }: { readonly rows: readonly DbRow[]; readonly gone: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const before = new Map<string, DbRow>();
    for (const key of [...rows.map((row) => row.key), ...gone]) {
      const known = this.#rows?.get(key);
      if (known !== undefined) before.set(key, known);
    }
    await this.#publishDiff(before, rows, signal);
  }

  async #publishDiff(
    before: ReadonlyMap<string, DbRow>,
    after: readonly DbRow[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const known = this.#rows ??= new Map();
    // A heartbeat is not a change.
    const same = this.#table === PUBLISHER_TABLE ? sameButActivity : undefined;
    const diff = await diffTable(before, after, same);
    await inTurns(diff.unimportant, (row) => void known.set(row.key, row));
    await this.#publishAll(diff.changes, known, signal);
  }

  /** Publishes one event after the other. @throws the first failure, after all others were tried */
  async #publishAll(
    changes: readonly RowDifference[],
    known: Map<string, DbRow>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let failure: { readonly key: string; readonly error: unknown } | undefined;
    let failedKey: string | undefined;
    for (const change of changes) {
      // The second half of a move waits for the first.
      if (change.row.key === failedKey) continue;
      await this.#keepPace(signal);
      try {
        await this.#publish(change);
        applyChange(known, change);
      } catch (error) {
        this.#counters.failed++;
        failedKey = change.row.key;
        failure ??= { key: failedKey, error };
      }
    }
    if (failure !== undefined) throw publishFailure(failure);
  }

  async #publish({ action, row }: RowDifference): Promise<void> {
    const { topicOf, clock } = this.#options;
    const update = dbUpdate({
      table: this.#table,
      key: row.key,
      action,
      value: action === "delete" ? null : row.value,
      topic: topicOf === undefined ? SEND_ALL_TOPIC : topicOf(row),
      timestamp: clock.now(),
    });
    await this.#options.publish(update);
    this.#counters.published++;
  }

  async #keepPace(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#sincePause >= this.#pace.rows) {
      await this.#options.clock.sleep(this.#pace.pauseMs, signal);
      this.#sincePause = 0;
    }
    this.#sincePause++;
  }
}

function applyChange(known: Map<string, DbRow>, { action, row }: RowDifference): void {
  if (action === "delete") known.delete(row.key);
  else known.set(row.key, row);
}

function publishFailure({ key, error }: { key: string; error: unknown }): Error {
  return new Error(`Cannot publish the change of row "${key}": ${messageOf(error)}`, {
    cause: error,
  });
}
