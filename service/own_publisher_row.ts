import type { NbDbDriver } from "../drivers/contract/db.ts";
import { DbKeyNotFound } from "../drivers/contract/errors.ts";
import type { Logger } from "../drivers/contract/logger.ts";
import type { Clock } from "./clock.ts";
import {
  formatPublisherRecord,
  isStale,
  type ParsedPublisherRecord,
  parsePublisherRecord,
  PUBLISHER_TABLE,
  type PublisherRecord,
} from "./publisher_record.ts";

/** Who a publisher is, and what its row is written with. */
export interface OwnPublisherRowOptions {
  readonly id: string;
  /** Where subscribers connect. */
  readonly uri: string;
  readonly name?: string;
  /** `publisher_timeout`: somebody else's row of our id counts for no longer than that. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
}

/**
 * The row of one publisher in the publishers table, written by that publisher.
 *
 * Two hosts of the same name share an id and so a row. The one that starts last has it; the other
 * steps back, and takes it again when it is gone or stale, so that they do not overwrite each
 * other at every heartbeat. One call at a time.
 */
export class OwnPublisherRow {
  readonly #db: NbDbDriver;
  readonly #options: OwnPublisherRowOptions;
  /** The texts of ours that the row may hold: the last one and one whose writing failed half-way. */
  #written: readonly string[] = [];
  /** The other address that was warned of. */
  #twin: string | undefined;

  constructor(db: NbDbDriver, options: OwnPublisherRowOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** Writes the row, whatever is there. @throws {DbUnavailable} */
  async claim(): Promise<void> {
    const twin = this.#liveTwin(await this.#read());
    if (twin !== undefined) this.#warnOfTwin(twin);
    await this.#create();
    this.#options.log.info(`Registered publisher "${this.#options.id}" at ${this.#options.uri}`);
  }

  /**
   * Writes the row anew when it is gone, stale or unreadable. False when it is that of a live
   * publisher at another address, and left alone.
   *
   * @param isDue whether a row that is as it should be gets the time of the last activity
   * @throws {DbUnavailable}
   */
  async refresh(isDue = true): Promise<boolean> {
    const found = await this.#read();
    const twin = this.#liveTwin(found);
    if (twin !== undefined) {
      this.#warnOfTwin(twin);
      return false;
    }
    this.#twin = undefined;
    if (!found?.readable || found.record.uri !== this.#options.uri) await this.#restore(found);
    else if (isDue) await this.#renew(found.record);
    return true;
  }

  /**
   * Removes the row as long as it holds what was written here. False when it does not.
   *
   * @throws {DbUnavailable}
   */
  async remove(): Promise<boolean> {
    for (const text of this.#written) {
      if (await this.#db.compareAndDelete(PUBLISHER_TABLE, this.#options.id, text)) return true;
    }
    return false;
  }

  async #read(): Promise<ParsedPublisherRecord | undefined> {
    try {
      return parsePublisherRecord(await this.#db.get(PUBLISHER_TABLE, this.#options.id));
    } catch (error) {
      if (error instanceof DbKeyNotFound) return undefined;
      throw error;
    }
  }

  #liveTwin(found: ParsedPublisherRecord | undefined): string | undefined {
    if (!found?.readable || found.record.uri === this.#options.uri) return undefined;
    const at = { nowMs: this.#options.clock.now(), timeoutMs: this.#options.timeoutMs };
    return isStale(found.record, at) ? undefined : found.record.uri;
  }

  #warnOfTwin(uri: string): void {
    if (this.#twin === uri) return;
    this.#twin = uri;
    const { id, log } = this.#options;
    log.warn(
      `Publisher "${id}" is also registered at ${uri}, wanted ${this.#options.uri}: ` +
        `unless that one was stopped, two hosts have the same name; ` +
        `set [DEFAULT] host to a name of its own on each`,
      { id, otherUri: uri },
    );
  }

  /** Keeps what else the row holds. */
  async #renew(record: PublisherRecord): Promise<void> {
    const text = formatPublisherRecord({ ...record, lastActivityTimestamp: this.#seconds() });
    try {
      await this.#write(text, () => this.#db.set(PUBLISHER_TABLE, this.#options.id, text));
    } catch (error) {
      if (!(error instanceof DbKeyNotFound)) throw error;
      await this.#restore(undefined);
    }
  }

  async #restore(found: ParsedPublisherRecord | undefined): Promise<void> {
    await this.#create();
    const { id, uri, log } = this.#options;
    const why = found === undefined ? "gone" : found.readable ? "stale" : "unreadable";
    log.info(`Registered publisher "${id}" at ${uri} again: its row was ${why}`);
  }

  async #create(): Promise<void> {
    const { id, uri, name } = this.#options;
    const named = name === undefined ? {} : { name };
    const record = { id, uri, lastActivityTimestamp: this.#seconds(), ...named };
    const text = formatPublisherRecord(record);
    await this.#write(text, () => this.#db.create(PUBLISHER_TABLE, id, text));
  }

  /** A write that fails may have been done all the same: both texts count until one succeeds. */
  async #write(text: string, put: () => Promise<void>): Promise<void> {
    this.#written = [text, ...this.#written.slice(0, 1)];
    await put();
    this.#written = [text];
  }

  #seconds(): number {
    return this.#options.clock.now() / 1000;
  }
}
