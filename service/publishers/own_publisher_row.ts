import { PUBLISHER_TABLE } from "../event/db_update.ts";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound, messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "../base/clock.ts";
import {
  formatPublisherRecord,
  isStale,
  type ParsedPublisherRecord,
  parsePublisherRecord,
  type PublisherRecord,
  RETIRED_URI,
} from "./publisher_record.ts";
import { rowsWithAddress } from "./shared_address.ts";

/** Failed attempts to write the row that are remembered. */
const MAX_FAILED = 8;

/** A row as it was sent to the database. */
interface Written {
  readonly text: string;
  /** The time of the last activity in that text, in seconds. */
  readonly timestamp: number;
}

/** Who a publisher is, and what its row is written with. */
export interface OwnPublisherRowOptions {
  readonly id: string;
  /** Where subscribers connect. */
  readonly uri: string;
  /** Whether only this host can connect there. */
  readonly isLoopback: boolean;
  /** Every id that a publisher of this host may have. */
  readonly hostIds: ReadonlySet<string>;
  readonly name?: string;
  /** `publisher_timeout`: another service's row of our id counts as alive for that long. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "now" | "monotonic">;
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
  /** What the row may hold of ours: the latest attempts first, and last what surely was written. */
  #written: readonly Written[] = [];
  /** The other address that was warned of. */
  #twin: string | undefined;
  /** The row that another service wrote last under our id, and when it was first seen. */
  #foreign: { readonly timestamp: number; readonly sinceMs: number } | undefined;
  #isShareKnown = false;

  constructor(db: NbDbDriver, options: OwnPublisherRowOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Writes the row, whatever is there, and gives up other rows that announce the same address.
   *
   * @throws {DbUnavailable}
   */
  async claim(): Promise<void> {
    const twin = this.#twinByClock(await this.#read());
    if (twin !== undefined) this.#warnOfTwin(twin);
    await this.#create();
    this.#options.log.info(`Registered publisher "${this.#options.id}" at ${this.#options.uri}`);
    await this.#retireOthers();
  }

  /**
   * Two rows with one address are one too many: when one is removed, nodes of the original disconnect
   * from the address. The other rows get an address where nobody listens, and go stale.
   */
  async #retireOthers(): Promise<void> {
    const { id, hostIds, log } = this.#options;
    const rows = await this.#db.entries(PUBLISHER_TABLE);
    for (const { key, record } of rowsWithAddress(rows, this.#options, hostIds)) {
      if (key === id) continue;
      const retired = { ...record, uri: RETIRED_URI, lastActivityTimestamp: this.#seconds() };
      try {
        await this.#db.set(PUBLISHER_TABLE, key, formatPublisherRecord(retired));
        log.info(`Gave up publisher row "${key}", as row "${id}" announces ${record.uri}`);
      } catch (error) {
        if (!(error instanceof DbKeyNotFound)) throw error;
      }
    }
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
    this.#foreign = undefined;
    this.#noteSharer(found);
    if (!found?.readable || found.record.uri !== this.#options.uri) await this.#restore(found);
    else if (isDue) await this.#renew(found.record);
    return true;
  }

  /** Removes the row, and logs what became of it. Never throws: a row that stays goes stale. */
  async deregister(): Promise<void> {
    const { id, log, timeoutMs } = this.#options;
    try {
      if (await this.remove()) log.info(`Deregistered publisher "${id}"`);
      else log.debug(`Publisher "${id}" has no row of its own to remove`);
    } catch (error) {
      log.warn(`Cannot deregister publisher "${id}": ${messageOf(error)}`, {
        consequence: `the row is stale ${timeoutMs / 1000} s after its last refresh`,
      });
    }
  }

  /**
   * Removes the row as long as it holds what was written here. False when it does not.
   *
   * @throws {DbUnavailable}
   */
  async remove(): Promise<boolean> {
    for (const { text } of this.#written) {
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

  /** The address of a live publisher at another one, judged once and so by this host's clock. */
  #twinByClock(found: ParsedPublisherRecord | undefined): string | undefined {
    if (!found?.readable || found.record.uri === this.#options.uri) return undefined;
    const at = { nowMs: this.#options.clock.now(), timeoutMs: this.#options.timeoutMs };
    return isStale(found.record, at) ? undefined : found.record.uri;
  }

  /** The same, judged by what is seen to change: the other host may have another time. */
  #liveTwin(found: ParsedPublisherRecord | undefined): string | undefined {
    if (!found?.readable || found.record.uri === this.#options.uri) return undefined;
    const { clock, timeoutMs } = this.#options;
    const { uri, lastActivityTimestamp: timestamp } = found.record;
    if (this.#foreign?.timestamp !== timestamp) {
      this.#foreign = { timestamp, sinceMs: clock.monotonic() };
    }
    return clock.monotonic() - this.#foreign.sinceMs > timeoutMs ? undefined : uri;
  }

  /** Another service that announces our address and has our id refreshes our row. */
  #noteSharer(found: ParsedPublisherRecord | undefined): void {
    const { id, uri, log } = this.#options;
    if (!found?.readable || found.record.uri !== uri || this.#isShareKnown) return;
    const { lastActivityTimestamp } = found.record;
    if (this.#written.some(({ timestamp }) => timestamp === lastActivityTimestamp)) return;
    this.#isShareKnown = true;
    log.warn(
      `Publisher "${id}" at ${uri} is also refreshed by another service: two services announce ` +
        `one address, and a subscriber reaches only one of them: ` +
        `set [df] management_ip to an address of its own on each host`,
      { id, uri },
    );
  }

  #warnOfTwin(uri: string): void {
    if (this.#twin === uri) return;
    this.#twin = uri;
    const { id, log } = this.#options;
    log.warn(
      uri === RETIRED_URI
        ? `Publisher row "${id}" was given up by another service: two services announce ` +
          `${this.#options.uri}: set [df] management_ip to an address of its own on each host`
        : `Publisher "${id}" is also registered at ${uri}, wanted ${this.#options.uri}: ` +
          `unless that one was stopped, two hosts have the same name; ` +
          `set [df] publisher_id_name to a name of its own on each`,
      { id, otherUri: uri },
    );
  }

  /** Keeps what else the row holds. */
  async #renew(record: PublisherRecord): Promise<void> {
    const renewed = { ...record, lastActivityTimestamp: this.#seconds() };
    const text = formatPublisherRecord(renewed);
    try {
      await this.#write(renewed, text, () => this.#db.set(PUBLISHER_TABLE, this.#options.id, text));
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
    await this.#write(record, text, () => this.#db.create(PUBLISHER_TABLE, id, text));
  }

  /** A write that fails may have been done all the same: its text counts until another succeeds. */
  async #write(
    { lastActivityTimestamp }: PublisherRecord,
    text: string,
    put: () => Promise<void>,
  ): Promise<void> {
    const attempt = { text, timestamp: lastActivityTimestamp };
    const before = this.#written;
    this.#written = [attempt, ...before.slice(0, -1).slice(0, MAX_FAILED), ...before.slice(-1)];
    await put();
    this.#written = [attempt];
  }

  #seconds(): number {
    return this.#options.clock.now() / 1000;
  }
}
