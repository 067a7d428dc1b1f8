import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { type DbUpdate, PUBLISHER_TABLE } from "../event/db_update.ts";
import { isPublisherAddress } from "./publisher_address.ts";
import { PublisherChoice } from "./publisher_choice.ts";
import { publisherRows, type PublishersTable } from "./publishers_table.ts";
import { RestorableRows } from "./restorable_rows.ts";
import { UnfitPublishers } from "./unfit_publishers.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** The part of a subscriber that a {@linkcode PublisherFollower} uses. */
export interface ListenAddresses {
  /** @throws {DriverError} `ADDRESS_INVALID` */
  registerListenAddress(address: string): void;
  unregisterListenAddress(address: string): void;
}

/** Options of a {@linkcode PublisherFollower}. */
export interface PublisherFollowerOptions {
  /** Publishers that are followed regardless of the table: `publishers_ips`. */
  readonly fixedUris: readonly string[];
  /** Whether to connect with TLS: {@linkcode PubSubTraits.secures}. @default never */
  readonly secures?: "on" | "required" | undefined;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Keeps a subscriber connected to the publishers in the publishers table.
 *
 * It connects to new publishers at once if the database can watch tables, otherwise at the next poll
 * or when an event says that the table has changed. It disconnects from a publisher when its row has
 * been missing for 2 s, or for 12 s without a watch: if the table is emptied, live publishers restore
 * their rows within that time. It also follows stale rows: a wrong clock must not cost events, and an
 * address without a publisher costs nothing.
 */
export class PublisherFollower {
  readonly #subscriber: ListenAddresses;
  readonly #table: PublishersTable | undefined;
  readonly #options: PublisherFollowerOptions;
  readonly #folder: WarningFolder;
  readonly #watchFolder: WarningFolder;
  readonly #unfit: UnfitPublishers;
  readonly #rows: RestorableRows;
  readonly #refused = new Set<string>();
  #uris: ReadonlySet<string> = new Set();
  #alive: readonly string[] = [];
  #unlisted: readonly string[] = [];
  #wake = new AbortController();
  #isChanged = false;

  /** @param table undefined to follow only the fixed addresses */
  constructor(
    subscriber: ListenAddresses,
    table: PublishersTable | undefined,
    options: PublisherFollowerOptions,
  ) {
    this.#subscriber = subscriber;
    this.#table = table;
    this.#options = options;
    const { log, clock } = options;
    this.#folder = new WarningFolder({ subject: "Following the publishers table", log, clock });
    const subject = "Watch of the publishers table";
    this.#watchFolder = new WarningFolder({ subject, log, clock });
    this.#unfit = new UnfitPublishers(log, clock);
    this.#rows = new RestorableRows(clock);
  }

  /** The addresses to which the subscriber is connected. */
  get uris(): readonly string[] {
    return [...this.#uris];
  }

  /** Whether the subscriber is connected to an address. */
  follows(uri: string): boolean {
    return this.#uris.has(uri);
  }

  /** Those of the addresses whose publishers are alive according to the table. */
  get aliveUris(): readonly string[] {
    return this.#alive.filter((uri) => this.#uris.has(uri));
  }

  /** The fixed addresses that have no row in the table. */
  get unlistedUris(): readonly string[] {
    return this.#unlisted.filter((uri) => this.#uris.has(uri));
  }

  /**
   * Follows the table, poll by poll, until the signal aborts; then it resolves. No failure ends it.
   * It begins with a pause: call {@linkcode refresh} before.
   */
  async run(signal: AbortSignal): Promise<void> {
    const following = this.#table?.follow({
      signal,
      onChange: () => {
        this.#watchFolder.success();
        this.#noteChange();
      },
      onInterrupted: (reason) =>
        this.#watchFolder.failure(new Error(`polling until it works again: ${reason}`)),
    });
    while (!signal.aborted) {
      if (!this.#isChanged) await this.#sleep(signal);
      this.#isChanged = false;
      if (!signal.aborted) await this.refresh(signal);
    }
    await following;
  }

  /**
   * Reads the table once and follows it. A failure is logged and changes nothing. After an abort of
   * the signal nothing is followed.
   */
  async refresh(signal?: AbortSignal): Promise<void> {
    const { fixedUris, secures } = this.#options;
    try {
      const rows = await this.#table?.list() ?? [];
      if (signal?.aborted) return;
      const present = publisherRows(rows);
      this.#unfit.note(present.filter(({ record }) => !isPublisherAddress(record.uri)));
      const kept = this.#rows.with(rows, this.#table?.isWatched === true);
      const fit = publisherRows(kept).filter(({ record }) => isPublisherAddress(record.uri));
      const uris = new PublisherChoice(fit, secures);
      this.#alive = uris.of(present.filter(({ state }) => state === "alive"));
      this.#follow(uris.ofFixed(fixedUris), uris.of(fit));
      this.#folder.success();
    } catch (error) {
      this.#folder.failure(error);
      if (this.#uris.size > 0) return;
      this.#follow(new PublisherChoice([], secures).ofFixed(fixedUris), []);
    }
  }

  /** Triggers a poll soon if the event is about the publishers table. Never waits. */
  note(update: DbUpdate): void {
    if (update.table === PUBLISHER_TABLE || update.action === "sync") this.#noteChange();
  }

  #noteChange(): void {
    this.#isChanged = true;
    this.#wake.abort();
  }

  #follow(fixed: readonly string[], listed: readonly string[]): void {
    this.#unlisted = fixed.filter((uri) => !listed.includes(uri));
    const wanted = new Set([...fixed, ...listed]);
    for (const uri of this.#uris) {
      if (wanted.has(uri)) continue;
      this.#subscriber.unregisterListenAddress(uri);
      this.#options.log.info(`Stopped following publisher ${uri}`);
    }
    const followed = [...wanted].filter((uri) => this.#uris.has(uri) || this.#connect(uri));
    this.#uris = new Set(followed);
  }

  // A row with an invalid address is another publisher's mistake: it is logged once and is not
  // fatal.
  #connect(uri: string): boolean {
    try {
      this.#subscriber.registerListenAddress(uri);
      this.#options.log.info(`Following publisher ${uri}`);
      return true;
    } catch (error) {
      if (!this.#refused.has(uri)) {
        this.#options.log.warn(`Cannot follow publisher "${uri}": ${messageOf(error)}`);
      }
      this.#refused.add(uri);
      return false;
    }
  }

  async #sleep(signal: AbortSignal): Promise<void> {
    const { pollMs, clock } = this.#options;
    this.#wake = new AbortController();
    const pauseMs = Math.min(pollMs, this.#rows.untilNextMs);
    await pause(pauseMs, AbortSignal.any([signal, this.#wake.signal]), clock);
  }
}
