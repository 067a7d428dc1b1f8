import type { Logger } from "../../drivers/contract/logger.ts";
import type { PublisherRow, ReadablePublisherRow } from "./publishers_table.ts";

/**
 * Warns once of each publisher whose clock differs from this host's, and logs when it agrees again.
 */
export class SkewWarnings {
  readonly #hostName: string;
  readonly #log: Logger;
  /** The publishers with a warning, by the key of their row. */
  #warned: ReadonlySet<string> = new Set();

  /** @param hostName the name of this host */
  constructor(hostName: string, log: Logger) {
    this.#hostName = hostName;
    this.#log = log;
  }

  /** Processes all rows of the publishers table. */
  note(rows: readonly PublisherRow[]): void {
    const differing = rows.filter((row) => row.state !== "unreadable" && this.#isDifferent(row));
    this.#warned = new Set(differing.map(({ key }) => key));
  }

  #isDifferent(row: ReadablePublisherRow): boolean {
    const { key, skewMs } = row;
    const isKnown = this.#warned.has(key);
    if (skewMs === undefined) return isKnown;
    const clocks = `The clock of ${publisherName(row)} `;
    if (skewMs === 0) {
      if (isKnown) {
        this.#log.info(`${clocks}agrees with the clock of host "${this.#hostName}" again`);
      }
      return false;
    }
    if (!isKnown) {
      const seconds = Math.round(Math.abs(skewMs) / 1000);
      const direction = skewMs > 0 ? "ahead of" : "behind";
      this.#log.warn(
        `${clocks}is ${seconds} s ${direction} the clock of host "${this.#hostName}": ` +
          "synchronize the clocks of both hosts, as by NTP",
        { id: key, skewMs: Math.round(skewMs) },
      );
    }
    return true;
  }
}

/**
 * The description of a publisher in messages: `publisher "4f3a" (name) at tcp://192.0.2.1:8866`.
 */
export function publisherName({ key, record }: ReadablePublisherRow): string {
  const name = record.name === undefined ? "" : ` (${record.name})`;
  return `publisher "${key}"${name} at ${record.uri}`;
}
