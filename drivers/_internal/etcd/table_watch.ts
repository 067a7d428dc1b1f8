import type { DbRow, TableChange, WatchTableOptions } from "../../contract/db.ts";
import { messageOf } from "../../contract/errors.ts";
import { pause, untilAborted } from "../../contract/waiting.ts";
import { Notifier } from "../notifier.ts";
import { explainEtcd } from "./errors.ts";
import { tableRange } from "./keys.ts";
import { EtcdWatch } from "./watch.ts";
import type { EtcdWatcher } from "./watcher.ts";

/** Maximum number of rows in one read: two keys each, and etcd allows 128 in a transaction. */
const MAX_KEYS = 64;
/** From this number of changed rows on, the whole table is read. */
const MAX_CHANGED = 1_024;
/** Maximum time until etcd has confirmed a new watch before that counts as an interruption. */
const CONFIRM_MS = 3_000;
const RETRY_MS = 1_000;

/** Rows that were read by their keys, and the keys of those that do not exist. */
export interface RowsByKey {
  readonly rows: readonly DbRow[];
  readonly gone: readonly string[];
}

/** Options of a {@linkcode TableWatch}. */
export interface TableWatchOptions {
  readonly watcher: EtcdWatcher;
  /** The members in messages. */
  readonly place: string;
  /** Reads the whole table. @throws {DriverError} */
  readonly readAll: (known: ReadonlyMap<string, DbRow> | undefined) => Promise<DbRow[]>;
  /** Reads rows by their keys in etcd. @throws {DriverError} */
  readonly readRows: (keys: readonly string[]) => Promise<RowsByKey>;
}

/**
 * Reports the changes of a table. The watch of etcd says which keys have changed; their rows are
 * read then, in one transaction, so that a row is never older than one that was reported before.
 */
export class TableWatch {
  readonly #table: string;
  readonly #options: TableWatchOptions;
  readonly #changed = new Notifier();
  readonly #watch: EtcdWatch;
  /** Keys in etcd whose changes are not reported yet. */
  readonly #keys = new Set<string>();
  #isLive = false;
  /** Whether the caller has every row, but for those of the changed keys. */
  #isWhole = false;
  /** Whether the caller knows that it does not get changes. */
  #isInterrupted = false;
  /** Whether the last read has failed. */
  #hasFailed = false;
  /** The reason for an interruption that is not reported yet. */
  #reason: string | undefined;

  constructor(table: string, options: TableWatchOptions) {
    this.#table = table;
    this.#options = options;
    this.#watch = this.#newWatch();
  }

  /** Watches until the signal aborts. */
  async *changes({ signal, known }: WatchTableOptions): AsyncGenerator<TableChange> {
    this.#options.watcher.add(this.#watch);
    try {
      while (!signal.aborted) {
        if (!this.#isLive || this.#isWhole && this.#keys.size === 0) await this.#wait(signal);
        if (signal.aborted) return;
        const change = this.#interruption() ?? await this.#read(known);
        if (change !== undefined) yield change;
        if (this.#hasFailed) await pause(RETRY_MS, signal);
      }
    } finally {
      this.#options.watcher.delete(this.#watch);
    }
  }

  #newWatch(): EtcdWatch {
    return new EtcdWatch(tableRange(this.#table), {
      onEvents: (events) => {
        for (const { kv } of events) this.#keys.add(kv.key);
        this.#changed.notify();
      },
      onLive: () => {
        this.#isLive = true;
        this.#changed.notify();
      },
      onLost: (reason) => this.#interrupt(reason),
      onGap: () => {
        this.#isWhole = false;
        this.#changed.notify();
      },
      onRefused: (error) => this.#interrupt(explainEtcd(error)),
    });
  }

  #interrupt(reason: string): void {
    this.#isLive = this.#isWhole = false;
    this.#reason = `etcd "${this.#options.place}": the watch was interrupted: ${reason}`;
    this.#changed.notify();
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const isNew = !this.#isLive && !this.#isInterrupted;
    if (this.#reason !== undefined) return;
    const waiting = this.#changed.wait({ signal, timeoutMs: isNew ? CONFIRM_MS : Infinity });
    if (await untilAborted(waiting, signal) === false) {
      this.#interrupt(this.#watch.failure ?? "etcd does not confirm it");
    }
  }

  #interruption(): TableChange | undefined {
    const reason = this.#reason;
    this.#reason = undefined;
    if (reason === undefined || this.#isInterrupted) return undefined;
    this.#isInterrupted = true;
    return { kind: "interrupted", reason };
  }

  /** Reads what has changed; undefined if nothing has, or if it is to be read again. */
  async #read(known: WatchTableOptions["known"]): Promise<TableChange | undefined> {
    if (!this.#isLive) return undefined;
    const areFew = this.#isWhole && this.#keys.size <= MAX_CHANGED;
    this.#hasFailed = false;
    try {
      return areFew ? await this.#readChanged() : await this.#readWhole(known?.());
    } catch (error) {
      this.#hasFailed = true;
      this.#isWhole = false;
      this.#reason = messageOf(error);
      return this.#interruption();
    }
  }

  async #readChanged(): Promise<TableChange | undefined> {
    const keys = [...this.#keys].slice(0, MAX_KEYS);
    if (keys.length === 0) return undefined;
    for (const key of keys) this.#keys.delete(key);
    return { kind: "changes", ...await this.#options.readRows(keys) };
  }

  async #readWhole(known: ReadonlyMap<string, DbRow> | undefined): Promise<TableChange> {
    this.#keys.clear();
    this.#isWhole = true;
    const rows = await this.#options.readAll(known);
    this.#isInterrupted = false;
    return { kind: "whole", rows };
  }
}
