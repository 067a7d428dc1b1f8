import { type DbUpdate, type SyncReason, syncUpdate } from "../event/db_update.ts";

/**
 * Passes updates to the application one call after the other, in the order in which they were pushed.
 *
 * A `sync` that is still queued stands for those that are pushed after it.
 */
export class UpdateQueue {
  readonly #handOn: (updates: readonly DbUpdate[]) => void | Promise<void>;
  readonly #now: () => number;
  readonly #syncs = new Set<string | undefined>();
  #last: Promise<void> = Promise.resolve();

  /** @param now the time, for the timestamp of a `sync` */
  constructor(
    handOn: (updates: readonly DbUpdate[]) => void | Promise<void>,
    now: () => number,
  ) {
    this.#handOn = handOn;
    this.#now = now;
  }

  /** Resolves when the application has taken them. */
  push(updates: readonly DbUpdate[]): Promise<void> {
    return this.#last = this.#last.then(() => this.#handOn(updates));
  }

  /** Passes on a `sync` of a topic, or of everything. */
  sync(reason: SyncReason, topic?: string): void {
    if (this.#syncs.has(topic) || this.#syncs.has(undefined)) return;
    this.#syncs.add(topic);
    this.#last = this.#last.then(() => {
      this.#syncs.delete(topic);
      const timestamp = this.#now();
      return this.#handOn([syncUpdate(reason, { topic, timestamp })]);
    });
  }
}
