import { Backoff } from "../../drivers/contract/backoff.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause, untilAborted, waitFor } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import type { WarningFolder } from "../base/warning_folder.ts";
import { type DbUpdate, dbUpdate, SEND_ALL_TOPIC } from "../event/db_update.ts";

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
const MAX_TOPICS = 1_000;
/** Maximum number of topics that a warning names. */
const MAX_NAMED = 20;

/** Options of {@linkcode OwedSyncs}. */
export interface OwedSyncsOptions {
  /** Publishes one event; throws or rejects if it could not, or if the signal aborts. */
  readonly publish: (update: DbUpdate, signal: AbortSignal) => void | Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Reports when the broker takes no sync, and when it takes them again. */
  readonly folder: WarningFolder;
}

/**
 * Requests a sync of each topic whose events the broker has not taken, as soon as it takes one.
 * It notes 1,000 topics; for any others it requests one of the topic that every node receives.
 */
export class OwedSyncs {
  readonly #options: OwedSyncsOptions;
  readonly #topics = new Set<string>();
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
  #noted = Promise.withResolvers<void>();

  constructor(options: OwedSyncsOptions) {
    this.#options = options;
  }

  /** Notes that subscribers of a topic lack an event. */
  note(topic: string): void {
    this.#topics.add(this.#topics.size < MAX_TOPICS ? topic : SEND_ALL_TOPIC);
    this.#noted.resolve();
  }

  /** Requests syncs until the signal aborts; then it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#topics.size === 0) {
        this.#noted = Promise.withResolvers<void>();
        await untilAborted(this.#noted.promise, signal);
      } else if (await pause(this.#backoff.next(), signal, this.#options.clock)) {
        await this.#requestAll(signal);
      }
    }
  }

  /**
   * Requests each owed sync once more, after {@linkcode run} has ended. Resolves with whether the
   * broker has taken all of them in time, and warns if it has not.
   */
  async finish(timeoutMs: number): Promise<boolean> {
    const { clock, log } = this.#options;
    const late = new AbortController();
    const requested = this.#requestEach(late.signal);
    const onLate = () => `waited ${timeoutMs / 1000} s`;
    const reason = await waitFor(requested, { timeoutMs, clock }, onLate);
    late.abort();
    await requested;
    const topics = [...this.#topics];
    if (topics.length === 0) return true;
    log.warn(`Syncs of refused events were not published: ${reason}`, {
      count: topics.length,
      topics: topics.slice(0, MAX_NAMED),
      consequence: "nodes lack refused events: run df-pubsub publish --action sync",
    });
    return false;
  }

  /** Resolves with the reason of the last failure. */
  async #requestEach(signal: AbortSignal): Promise<string> {
    let reason = "";
    for (const topic of [...this.#topics]) {
      await this.#request(topic, signal).catch((error) => reason = messageOf(error));
    }
    return reason;
  }

  async #requestAll(signal: AbortSignal): Promise<void> {
    const { folder } = this.#options;
    try {
      for (const topic of [...this.#topics]) await this.#request(topic, signal);
      this.#backoff.reset();
      folder.success();
    } catch (error) {
      if (!signal.aborted) folder.failure(error);
    }
  }

  async #request(topic: string, signal: AbortSignal): Promise<void> {
    const { publish, clock } = this.#options;
    // First, since events may be refused until the broker has taken the sync.
    this.#topics.delete(topic);
    try {
      const timestamp = clock.now();
      await publish(dbUpdate({ table: null, key: null, action: "sync", topic, timestamp }), signal);
    } catch (error) {
      this.#topics.add(topic);
      throw error;
    }
  }
}
