import { Backoff } from "../../drivers/contract/backoff.ts";
import { pause, untilAborted } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import type { WarningFolder } from "../base/warning_folder.ts";
import { dbUpdate, SEND_ALL_TOPIC } from "../event/db_update.ts";
import type { PublishUpdate } from "../publishers/published_table.ts";

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
const MAX_TOPICS = 1_000;

/** Options of {@linkcode OwedSyncs}. */
export interface OwedSyncsOptions {
  readonly publish: PublishUpdate;
  readonly clock: Clock;
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

  async #requestAll(signal: AbortSignal): Promise<void> {
    const { folder } = this.#options;
    try {
      for (const topic of [...this.#topics]) await this.#request(topic);
      this.#backoff.reset();
      folder.success();
    } catch (error) {
      if (!signal.aborted) folder.failure(error);
    }
  }

  async #request(topic: string): Promise<void> {
    const { publish, clock } = this.#options;
    // First, since events may be refused until the broker has taken the sync.
    this.#topics.delete(topic);
    try {
      const timestamp = clock.now();
      await publish(dbUpdate({ table: null, key: null, action: "sync", topic, timestamp }));
    } catch (error) {
      this.#topics.add(topic);
      throw error;
    }
  }
}
