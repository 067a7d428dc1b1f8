import type { Subscriber } from "./subscriber.ts";

/** How many frames have arrived, and how many of them the subscriber has handed out. */
export type ArrivalSource = Pick<Subscriber, "arrived" | "handedOut">;

/**
 * Keeps the order of frames and of what happens to topics and connections, while the application is
 * behind.
 *
 * A `sync` follows the frames that had arrived before it: otherwise the application would read the
 * database first, and then take older events for newer ones. The end of a subscription drops the
 * frames of its topic that had arrived before it, but none of a later subscription.
 */
export class ArrivalOrder {
  readonly #source: Pick<ArrivalSource, "arrived">;
  /** Callbacks, each for the time when the application has this number of frames. */
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];
  /** By topic: its last end, while the application does not have the frames before it. */
  readonly #ends = new Map<string, symbol>();
  #taken = 0;

  constructor(source: Pick<ArrivalSource, "arrived">) {
    this.#source = source;
  }

  /** Calls back when the application has the frames that have arrived by now. */
  after(run: () => void): void {
    this.#due.push({ at: this.#source.arrived, run });
    this.noteTaken(this.#taken);
  }

  /** The subscription of a topic ends. */
  end(topic: string): void {
    const end = Symbol();
    this.#ends.set(topic, end);
    this.after(() => {
      if (this.#ends.get(topic) === end) this.#ends.delete(topic);
    });
  }

  /** Whether the next frame of a topic, and those that wait, are of a subscription that has ended. */
  hasEnded(topic: string): boolean {
    return this.#ends.size > 0 && this.#ends.has(topic);
  }

  /** Whether there are callbacks for the time when the application has this number of frames. */
  isDue(taken: number): boolean {
    const [next] = this.#due;
    return next !== undefined && next.at <= taken;
  }

  /** The application has this number of frames. */
  noteTaken(taken: number): void {
    this.#taken = taken;
    while (this.isDue(taken)) this.#due.shift()?.run();
  }
}
