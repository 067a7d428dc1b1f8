import { type DbUpdate, type SyncReason, syncUpdate } from "../event/db_update.ts";

/**
 * Passes events to the application, one call after the other, in the order in which they were
 * pushed.
 *
 * A `sync` that is still queued also covers syncs that are pushed after it.
 */
export class UpdateQueue {
  readonly #passOn: (updates: readonly DbUpdate[]) => void | Promise<void>;
  readonly #now: () => number;
  readonly #syncs = new Set<string | undefined>();
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param now returns the time, for the timestamp of a `sync` */
  constructor(
    passOn: (updates: readonly DbUpdate[]) => void | Promise<void>,
    now: () => number,
  ) {
    this.#passOn = passOn;
    this.#now = now;
  }

  /**
   * Passes on events after all earlier ones. Resolves when the application has taken them.
   *
   * @param events returns them; called when the application has taken the earlier ones
   */
  push(events: () => readonly DbUpdate[]): Promise<void> {
    return this.#last = this.#last.then(() => {
      const updates = events();
      return updates.length > 0 ? this.#passOn(updates) : undefined;
    });
  }

  /** Passes on a `sync` of a topic, or of everything. */
  sync(reason: SyncReason, topic?: string): void {
    if (this.#syncs.has(topic) || this.#syncs.has(undefined)) return;
    this.#syncs.add(topic);
    this.#last = this.#last.then(() => {
      if (this.#isClosed) return;
      this.#syncs.delete(topic);
      const timestamp = this.#now();
      return this.#passOn([syncUpdate(reason, { topic, timestamp })]);
    });
  }

  /** Drops each `sync` that is still queued. Resolves when the application has taken the events. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#last;
  }
}
