import type { DbUpdate, JsonValue } from "../../event/db_update.ts";
import { rowDigest } from "./row_digest.ts";
import type { CurrentValue, RowName, RowReader } from "./row_reader.ts";
import type { Settling } from "./settling.ts";
import type { RowUpdate, TableView } from "./table_view.ts";

/** What the updates of one wake-up say of one row. */
interface Hint extends RowName {
  /** The last of them: what the row is, if nothing has been written since. */
  last: RowUpdate;
  isHint: boolean;
  current: CurrentValue;
}

/** What {@linkcode FollowedRows} work with. */
export interface FollowedRowsOptions {
  readonly view: TableView;
  readonly settling: Settling;
  readonly reader: RowReader;
}

/**
 * Hands on updates about rows so that none is older than its row: one that may be is not believed,
 * its row is read, and what that is now is handed on, unless it is known already.
 */
export class FollowedRows {
  readonly #view: TableView;
  readonly #settling: Settling;
  readonly #reader: RowReader;

  constructor({ view, settling, reader }: FollowedRowsOptions) {
    this.#view = view;
    this.#settling = settling;
    this.#reader = reader;
  }

  /** Judges the updates of one wake-up; the rows it has to read for them it reads together. */
  async judge(updates: readonly DbUpdate[]): Promise<(update: RowUpdate) => DbUpdate | undefined> {
    const rows = this.#rowsOf(updates);
    const hints = [...rows.values()].flatMap((keys) => [...keys.values()])
      .filter((row) => row.isHint);
    const values = await this.#reader.rows(hints);
    hints.forEach((hint, index) => this.#learn(hint, values[index]));
    return (update) => this.#handOn(update, rows.get(update.table)?.get(update.key));
  }

  /** A row is doubtful as a whole: what came later of it must not go before what is read. */
  #rowsOf(updates: readonly DbUpdate[]): Map<string, Map<string, Hint>> {
    const rows = new Map<string, Map<string, Hint>>();
    for (const update of updates) {
      if (!this.#view.follows(update)) continue;
      const { table, key } = update;
      const keys = rows.get(table) ?? new Map<string, Hint>();
      rows.set(table, keys);
      const isHint = isIncomplete(update) || this.#settling.isHint(update);
      const row = keys.get(key);
      if (row === undefined) {
        keys.set(key, { table, key, last: update, isHint, current: undefined });
      } else Object.assign(row, { last: update, isHint: row.isHint || isHint });
    }
    return rows;
  }

  #learn(hint: Hint, current: CurrentValue): void {
    hint.current = current;
    // A row that is ahead of its updates: those that are still to come are older than it.
    if (current !== undefined && !says(hint.last, current)) this.#settling.rowRead(hint);
  }

  #handOn(update: RowUpdate, row: Hint | undefined): DbUpdate | undefined {
    if (row === undefined || !row.isHint || row.current === undefined) {
      this.#view.apply(update);
      return update;
    }
    const known = this.#view.digest(update.table, update.key);
    if (known === digestOf(row.current)) return undefined;
    const present = says(update, row.current) ? update : rewritten(update, row.current, known);
    this.#view.apply(present);
    return present;
  }
}

/** The original's first release leaves the value to the receiver. */
function isIncomplete({ action, value }: RowUpdate): boolean {
  return action !== "delete" && value === null;
}

function says({ action, value }: RowUpdate, current: string | null): boolean {
  if (action === "delete") return current === null;
  return value !== null && digestOf(value) === digestOf(current);
}

function digestOf(value: JsonValue): string | undefined {
  return value === null ? undefined : rowDigest(value);
}

function rewritten(
  update: RowUpdate,
  value: string | null,
  known: string | undefined,
): RowUpdate {
  if (value === null) return { ...update, action: "delete", value };
  return { ...update, action: known === undefined ? "create" : "set", value };
}
