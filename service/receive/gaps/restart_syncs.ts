/** How many publishers are remembered; to forget one costs no more than a `sync`. */
const MAX_PUBLISHERS = 1_000;

/**
 * Knows which restarts of publishers a `sync` of everything was for, so that each topic of such a
 * publisher does not ask for one of its own.
 */
export class RestartSyncs {
  readonly #open = new Map<string, number>();
  readonly #synced = new Map<string, number>();

  /** Whether a publisher's new epoch, found under one more topic, still wants a `sync`. */
  wants(publisher: string, epoch: number): boolean {
    if (this.#synced.get(publisher) === epoch) return false;
    if (this.#open.size >= MAX_PUBLISHERS) this.#open.clear();
    this.#open.set(publisher, epoch);
    return true;
  }

  /** A `sync` of everything is handed out now. */
  onSync(): void {
    if (this.#synced.size >= MAX_PUBLISHERS) this.#synced.clear();
    for (const [publisher, epoch] of this.#open) this.#synced.set(publisher, epoch);
    this.#open.clear();
  }
}
