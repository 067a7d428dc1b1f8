import type { Clock } from "../../base/clock.ts";
import type { Hello } from "../../protocol/hello.ts";
import type { Range } from "./missing_ranges.ts";
import type { Track } from "./track.ts";

/**
 * Lets a moment pass before what a hello speaks of counts as missing: on another connection or node
 * of a broker it may have overtaken events.
 */
export class HelloGrace {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #graceMs: number;
  /** The newest hello of each track that has one waiting; one by one, and the last for certain. */
  readonly #newest = new Map<Track, Hello>();

  constructor(clock: Pick<Clock, "sleep">, graceMs: number) {
    this.#clock = clock;
    this.#graceMs = graceMs;
  }

  /**
   * Calls `onMissing` a moment later with what is missing, if anything is, and at once when it has
   * become that: no event gets in between. An abort rejects.
   */
  async watch(
    track: Track,
    hello: Hello,
    signal: AbortSignal,
    onMissing: (range: Range) => Promise<void>,
  ): Promise<void> {
    const isWaiting = this.#newest.has(track);
    this.#newest.set(track, hello);
    if (isWaiting) return;
    try {
      for (let due: Hello | undefined = hello; due !== undefined; due = this.#after(track, due)) {
        await this.#clock.sleep(this.#graceMs, signal);
        const range = track.confirm(due.epoch, due.seq);
        if (range !== undefined) await onMissing(range);
      }
    } finally {
      this.#newest.delete(track);
    }
  }

  #after(track: Track, done: Hello): Hello | undefined {
    const newest = this.#newest.get(track);
    return newest === done ? undefined : newest;
  }
}
