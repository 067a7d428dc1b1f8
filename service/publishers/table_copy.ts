import type { DbRow, NbDbDriver, TableChange } from "../../drivers/contract/db.ts";
import { messageOf } from "../../drivers/contract/errors.ts";

/** Options for following a table. */
interface FollowTableOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called after each change of the table, and when the watch becomes live. @default ignored */
  readonly onChange?: () => void;
  /** Called with the reason when the watch is interrupted. @default ignored */
  readonly onInterrupted?: (reason: string) => void;
}

/** The rows of a table: from the watch of its database while that is live, otherwise by reading. */
export class TableCopy {
  readonly #db: NbDbDriver;
  readonly #table: string;
  /** Undefined while no watch is live. */
  #rows: Map<string, DbRow> | undefined;

  constructor(db: NbDbDriver, table: string) {
    this.#db = db;
    this.#table = table;
  }

  /** Whether a watch is live. */
  get isWatched(): boolean {
    return this.#rows !== undefined;
  }

  /** The rows, sorted by key. @throws {DbUnavailable} */
  async read(): Promise<readonly DbRow[]> {
    if (this.#rows === undefined) return await this.#db.entries(this.#table);
    return [...this.#rows.values()].sort((a, b) => a.key < b.key ? -1 : 1);
  }

  /** Follows the watch until the signal aborts, or until it fails; returns at once without one. */
  async follow({ signal, onChange, onInterrupted }: FollowTableOptions): Promise<void> {
    try {
      for await (const change of this.#db.watch?.(this.#table, { signal }) ?? []) {
        this.#take(change);
        if (change.kind === "interrupted") onInterrupted?.(change.reason);
        else onChange?.();
      }
    } catch (error) {
      if (!signal.aborted) onInterrupted?.(messageOf(error));
    } finally {
      this.#rows = undefined;
    }
  }

  #take(change: TableChange): void {
    if (change.kind === "interrupted") {
      this.#rows = undefined;
    } else if (change.kind === "whole") {
      this.#rows = new Map(change.rows.map((row) => [row.key, row]));
    } else {
      for (const key of change.gone) this.#rows?.delete(key);
      for (const row of change.rows) this.#rows?.set(row.key, row);
    }
  }
}
