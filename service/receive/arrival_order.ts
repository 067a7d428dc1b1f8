import type { Subscriber } from "./subscriber.ts";

/** How many frames have arrived, and how many of them the subscriber has handed out. */
export type ArrivalSource = Pick<Subscriber, "arrived" | "handedOut">;

/**
 * Delays requests for a sync until the application has the events that have arrived: otherwise it
 * would read the database first, and then take older events for newer ones.
 */
export class ArrivalOrder {
  readonly #source: ArrivalSource;
  /** Callbacks, each for the time when the application has this number of frames. */
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];
  /** Number of frames that the application has. */
  #taken = 0;

  constructor(source: ArrivalSource) {
    this.#source = source;
  }

  /** The application has the frames that were handed out so far. */
  noteTaken(): void {
    this.#taken = this.#source.handedOut;
    this.#look();
  }

  /** Calls back when the application has the frames that have arrived by now. */
  after(run: () => void): void {
    this.#due.push({ at: this.#source.arrived, run });
    this.#look();
  }

  #look(): void {
    while ((this.#due[0]?.at ?? Infinity) <= this.#taken) this.#due.shift()?.run();
  }
}
