import { PUBLISHER_TABLE } from "../event/db_update.ts";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbKeyNotFound, messageOf } from "../../drivers/contract/errors.ts";
import {
  formatPublisherRecord,
  isStale,
  type ParsedPublisherRecord,
  parsePublisherRecord,
  type PublisherRecord,
  RETIRED_URI,
} from "./publisher_record.ts";
import type { OwnPublisherRowOptions } from "./own_publisher_row_options.ts";
import { isSamePlace } from "./publisher_address.ts";
import { PublisherSecurity } from "./publisher_security.ts";
import { rowsWithAddress } from "./shared_address.ts";

/** Number of failed writes whose text is remembered. */
const MAX_FAILED = 8;

/** A row that was sent to the database. */
interface Written {
  readonly text: string;
  /** The time of the last activity in its text, in seconds. */
  readonly timestamp: number;
}

/**
 * The row of one publisher in the publishers table, written by that publisher.
 *
 * Two hosts of the same name share an id and therefore a row. The service that starts last gets the
 * row; the other one leaves it alone until it is gone or stale, so that they do not overwrite each
 * other at every heartbeat. Calls must not overlap.
 */
export class OwnPublisherRow {
  readonly #db: NbDbDriver;
  readonly #security: PublisherSecurity;
  readonly #options: OwnPublisherRowOptions;
  /** Texts of ours that the row may hold: the latest attempts first, then the last sure write. */
  #written: readonly Written[] = [];
  /** The other address of the last warning. */
  #conflict: string | undefined;
  /** The last row that another service wrote under our id, and when it was first seen. */
  #foreign: { readonly timestamp: number; readonly sinceMs: number } | undefined;
  #isShareKnown = false;

  constructor(db: NbDbDriver, options: OwnPublisherRowOptions) {
    this.#db = db;
    this.#security = new PublisherSecurity(db);
    this.#options = options;
  }

  /**
   * Writes the row unconditionally, and retires other rows that announce the same address.
   *
   * @throws {DbUnavailable}
   */
  async claim(): Promise<void> {
    const conflict = this.#conflictByClock(await this.#read());
    if (conflict !== undefined) this.#warnOfConflict(conflict);
    const { id, uri, secureUri, log } = this.#options;
    if (secureUri === undefined) await this.#security.remove(id);
    await this.#create();
    const secure = secureUri === undefined ? "" : `, and with TLS at ${secureUri}`;
    log.info(`Registered publisher "${id}" at ${uri}${secure}`);
    await this.#retireOthers();
  }

  /**
   * When one of two rows with the same address is removed, nodes of the original disconnect from
   * the address. So the other rows get an address at which nothing listens, and become stale.
   */
  async #retireOthers(): Promise<void> {
    const { id, hostIds, log } = this.#options;
    const rows = await this.#db.entries(PUBLISHER_TABLE);
    for (const { key, record } of rowsWithAddress(rows, this.#options, hostIds)) {
      if (key === id) continue;
      const retired = { ...record, uri: RETIRED_URI, lastActivityTimestamp: this.#seconds() };
      try {
        await this.#db.set(PUBLISHER_TABLE, key, formatPublisherRecord(retired));
        log.info(
          `Retired publisher row "${key}": row "${id}" announces the same address, ${record.uri}`,
        );
      } catch (error) {
        if (!(error instanceof DbKeyNotFound)) throw error;
      }
    }
  }

  /**
   * Writes the row again if it is gone, stale or unreadable. Returns false, without writing, if the
   * row is that of a live publisher at another address.
   *
   * @param isDue whether a valid row also gets the time of the last activity
   * @throws {DbUnavailable}
   */
  async refresh(isDue = true): Promise<boolean> {
    const found = await this.#read();
    const conflict = this.#liveConflict(found);
    if (conflict !== undefined) {
      this.#warnOfConflict(conflict);
      return false;
    }
    this.#conflict = undefined;
    this.#noteSharer(found);
    if (!found?.readable || found.record.uri !== this.#options.uri) await this.#restore(found);
    else if (isDue) await this.#renew(found.record);
    return true;
  }

  /** Removes the row and logs the result. Never throws: a row that stays becomes stale. */
  async deregister(): Promise<void> {
    const { id, log, timeoutMs } = this.#options;
    try {
      if (await this.remove()) log.info(`Deregistered publisher "${id}"`);
      else log.debug(`Publisher "${id}" has no row of its own to remove`);
    } catch (error) {
      log.warn(`Cannot deregister publisher "${id}": ${messageOf(error)}`, {
        consequence: `the row becomes stale ${timeoutMs / 1000} s after its last refresh`,
      });
    }
  }

  /**
   * Removes the row if it still holds a text of this service. Returns false if it does not.
   *
   * @throws {DbUnavailable}
   */
  async remove(): Promise<boolean> {
    const { id, secureUri } = this.#options;
    for (const { text } of this.#written) {
      if (!(await this.#db.compareAndDelete(PUBLISHER_TABLE, id, text))) continue;
      if (secureUri !== undefined) await this.#security.remove(id);
      return true;
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

  /** The address of a live publisher that has our id, by one reading and this host's clock. */
  #conflictByClock(found: ParsedPublisherRecord | undefined): string | undefined {
    if (!found?.readable || isSamePlace(found.record.uri, this.#options.uri)) return undefined;
    const at = { nowMs: this.#options.clock.now(), timeoutMs: this.#options.timeoutMs };
    return isStale(found.record, at) ? undefined : found.record.uri;
  }

  /** The same by observed changes, which do not depend on the other host's clock. */
  #liveConflict(found: ParsedPublisherRecord | undefined): string | undefined {
    if (!found?.readable || isSamePlace(found.record.uri, this.#options.uri)) return undefined;
    const { clock, timeoutMs } = this.#options;
    const { uri, lastActivityTimestamp: timestamp } = found.record;
    if (this.#foreign?.timestamp !== timestamp) {
      this.#foreign = { timestamp, sinceMs: clock.monotonic() };
    }
    return clock.monotonic() - this.#foreign.sinceMs > timeoutMs ? undefined : uri;
  }

  /** Warns if another service with our address and our id refreshes our row. */
  #noteSharer(found: ParsedPublisherRecord | undefined): void {
    const { id, uri, log } = this.#options;
    if (!found?.readable || found.record.uri !== uri || this.#isShareKnown) return;
    const { lastActivityTimestamp } = found.record;
    if (this.#written.some(({ timestamp }) => timestamp === lastActivityTimestamp)) return;
    this.#isShareKnown = true;
    log.warn(
      `Publisher "${id}" at ${uri} is also refreshed by another service: if two services announce ` +
        `one address, a subscriber reaches only one of them: ` +
        `set [df] management_ip to a different address on each host`,
      { id, uri },
    );
  }

  #warnOfConflict(uri: string): void {
    if (this.#conflict === uri) return;
    this.#conflict = uri;
    const { id, log } = this.#options;
    log.warn(
      uri === RETIRED_URI
        ? `Another service has retired publisher row "${id}": two services announce ` +
          `${this.#options.uri}: set [df] management_ip to a different address on each host`
        : `Publisher "${id}" is also registered at ${uri}, wanted ${this.#options.uri}: ` +
          `unless that publisher was stopped, two hosts have the same name: ` +
          `set [df] publisher_id_name to a different name on each host`,
      { id, otherUri: uri },
    );
  }

  /** Keeps the other fields of the row. */
  async #renew(record: PublisherRecord): Promise<void> {
    const { id } = this.#options;
    const renewed = { ...record, lastActivityTimestamp: this.#seconds() };
    try {
      await this.#write(renewed, (text) => this.#db.set(PUBLISHER_TABLE, id, text));
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
    const { id, uri } = this.#options;
    const record = { id, uri, lastActivityTimestamp: this.#seconds() };
    await this.#write(record, (text) => this.#db.create(PUBLISHER_TABLE, id, text));
  }

  /** A failed write may have reached the database: its text is kept until a write succeeds. */
  async #write(record: PublisherRecord, put: (text: string) => Promise<void>): Promise<void> {
    const attempt = {
      text: formatPublisherRecord(record),
      timestamp: record.lastActivityTimestamp,
    };
    const { id, secureUri } = this.#options;
    // First, so that a subscriber that finds the publisher finds this address, too.
    if (secureUri !== undefined) await this.#security.announce(id, secureUri);
    const before = this.#written;
    this.#written = [attempt, ...before.slice(0, -1).slice(0, MAX_FAILED), ...before.slice(-1)];
    await put(attempt.text);
    this.#written = [attempt];
  }

  #seconds(): number {
    return this.#options.clock.now() / 1000;
  }
}
