import { type DbUpdate, type JsonValue, SEND_ALL_TOPIC } from "../../event/db_update.ts";
import { rowDigest } from "./row_digest.ts";
import type { CurrentValue, RowName, RowReader } from "./row_reader.ts";
import type { ReadTimes } from "./read_times.ts";
import type { RowUpdate, TableView } from "./table_view.ts";

/** One row, and the events about it that are handled together. */
interface UncertainRow extends RowName {
  /** The last of these events: the state of the row, unless it was written again. */
  last: RowUpdate;
  /** Whether all of these events have one topic. */
  hasOneTopic: boolean;
  mayBeOlder: boolean;
  current: CurrentValue;
}

/** Options of {@linkcode FollowedRows}. */
export interface FollowedRowsOptions {
  readonly view: TableView;
  readonly readTimes: ReadTimes;
  readonly reader: RowReader;
}

/**
 * Delivers events about rows in such a way that none is older than its row. If an event may be
 * older, the row is read, and its current value is delivered unless the application has it already.
 */
export class FollowedRows {
  readonly #view: TableView;
  readonly #readTimes: ReadTimes;
  readonly #reader: RowReader;

  constructor({ view, readTimes, reader }: FollowedRowsOptions) {
    this.#view = view;
    this.#readTimes = readTimes;
    this.#reader = reader;
  }

  /** Checks events that arrived together. The rows that must be read are read together. */
  async judge(updates: readonly DbUpdate[]): Promise<(update: RowUpdate) => DbUpdate | undefined> {
    const rows = this.#rowsOf(updates);
    const uncertain = [...rows.values()].flatMap((keys) => [...keys.values()])
      .filter((row) => row.mayBeOlder);
    const wanted = uncertain.map((row) => ({ ...row, onlyTopic: this.#topicLeft(row) }));
    const values = await this.#reader.rows(wanted);
    uncertain.forEach((row, index) => this.#learn(row, values[index]));
    return (update) => this.#deliver(update, rows.get(update.table)?.get(update.key));
  }

  /**
   * If one event of a row is uncertain, all are: a later one must not overtake the value that is
   * read.
   */
  #rowsOf(updates: readonly DbUpdate[]): Map<string, Map<string, UncertainRow>> {
    const rows = new Map<string, Map<string, UncertainRow>>();
    for (const update of updates) {
      if (!this.#view.follows(update)) continue;
      const { table, key } = update;
      const keys = rows.get(table) ?? new Map<string, UncertainRow>();
      rows.set(table, keys);
      const mayBeOlder = isIncomplete(update) || this.#readTimes.mayBeOlder(update) ||
        this.#isFromElsewhere(update);
      const row = keys.get(key);
      if (row === undefined) {
        const hasOneTopic = true;
        keys.set(key, { table, key, last: update, hasOneTopic, mayBeOlder, current: undefined });
      } else {
        row.hasOneTopic &&= row.last.topic === update.topic;
        row.last = update;
        // A broker keeps the order of events only within a topic.
        row.mayBeOlder ||= mayBeOlder || !row.hasOneTopic;
      }
    }
    return rows;
  }

  /** Whether an event deletes a row from a topic that the row has already left. */
  #isFromElsewhere({ table, key, action, topic }: RowUpdate): boolean {
    return action === "delete" && topic !== SEND_ALL_TOPIC &&
      this.#view.isOutside(table, key, topic);
  }

  /**
   * The topic from which the last event deletes the row. If the row has another topic by now, an
   * event of that topic reports it.
   */
  #topicLeft({ last, hasOneTopic }: UncertainRow): string | undefined {
    if (last.action !== "delete" || last.topic === SEND_ALL_TOPIC || !hasOneTopic) return undefined;
    return this.#isFromElsewhere(last) ? undefined : last.topic;
  }

  #learn(row: UncertainRow, current: CurrentValue): void {
    row.current = current;
    // The row is ahead of its events: the ones that are still to arrive are older.
    if (current !== undefined && !says(row.last, current)) this.#readTimes.rowRead(row);
  }

  #deliver(update: RowUpdate, row: UncertainRow | undefined): DbUpdate | undefined {
    if (row === undefined || !row.mayBeOlder || row.current === undefined) {
      this.#view.apply(update);
      return update;
    }
    const known = this.#view.digest(update.table, update.key);
    // The row exists under another topic, whose events say its state.
    if (row.current !== null && this.#isFromElsewhere(update)) return undefined;
    if (isMove(update, row)) {
      if (known === undefined) return undefined;
      this.#view.apply(update);
      return update;
    }
    if (known === digestOf(row.current)) return undefined;
    const present = says(update, row.current) ? update : rewritten(update, row.current, known);
    this.#view.apply(present);
    return present;
  }
}

/** Whether an event deletes a row from a topic, and the last one is of another topic. */
function isMove({ action, topic }: RowUpdate, { last }: UncertainRow): boolean {
  return action === "delete" && topic !== last.topic;
}

/** Whether the value is missing: the original's first release leaves it to the receiver. */
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
