import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "../base/clock.ts";
import { excerpt } from "../event/codec/wire_error.ts";
import { shownAddress } from "./publisher_address.ts";
import type { ReadablePublisherRow } from "./publishers_table.ts";

const NAMED_ROWS = 3;
const WARNING_INTERVAL_MS = 60_000;

/**
 * Warns of rows in the publishers table whose address cannot be connected to: once per row, all new
 * rows in one line, and at most once per minute.
 */
export class UnfitPublishers {
  readonly #log: Logger;
  readonly #clock: Pick<Clock, "monotonic">;
  #known: ReadonlySet<string> = new Set();
  #lastWarning = -Infinity;

  constructor(log: Logger, clock: Pick<Clock, "monotonic">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Processes all such rows of the table. */
  note(rows: readonly ReadablePublisherRow[]): void {
    const isDue = this.#clock.monotonic() - this.#lastWarning >= WARNING_INTERVAL_MS;
    const fresh = rows.filter((row) => !this.#known.has(nameOf(row)));
    const now = new Set(rows.map(nameOf));
    if (fresh.length === 0 || !isDue) {
      this.#known = new Set([...this.#known].filter((name) => now.has(name)));
      return;
    }
    this.#known = now;
    this.#lastWarning = this.#clock.monotonic();
    const named = fresh.slice(0, NAMED_ROWS).map(textOf).join(", ");
    const others = fresh.length > NAMED_ROWS ? ` and ${fresh.length - NAMED_ROWS} more` : "";
    this.#log.warn(`Ignored in the publishers table: ${named}${others}, wanted tcp://host:port`);
  }
}

function nameOf({ key, record }: ReadablePublisherRow): string {
  return JSON.stringify([key, record.uri]);
}

function textOf({ key, record }: ReadablePublisherRow): string {
  return `row ${excerpt(key)} with uri ${shownAddress(record.uri)}`;
}
