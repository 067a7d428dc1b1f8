/** The most topics whose passes are remembered. */
const MOST_TOPICS = 10_000;

/**
 * Remembers when the rows were last read again, so that several `sync`s that arrive together make
 * one pass, and those that arrive during a pass make one more.
 */
export class SyncCover {
  readonly #topics = new Map<string, number>();
  #everything = -Infinity;

  /** Notes that the rows of a topic, or of all, are read from this moment on. */
  begin(topic: string | undefined, moment: number): void {
    if (topic === undefined) {
      this.#everything = moment;
      this.#topics.clear();
    } else {
      if (this.#topics.size >= MOST_TOPICS) this.#topics.clear();
      this.#topics.set(topic, moment);
    }
  }

  /** Whether a `sync` that arrived at that moment is answered by a pass that began later. */
  covers(topic: string | undefined, arrival: number): boolean {
    const began = topic === undefined ? undefined : this.#topics.get(topic);
    return arrival < Math.max(this.#everything, began ?? -Infinity);
  }
}
