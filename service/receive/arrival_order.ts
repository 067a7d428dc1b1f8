import type { Subscriber } from "./subscriber.ts";

/** How many frames a subscriber has, and how many of them the application got. */
export type ArrivalSource = Pick<Subscriber, "arrived" | "handedOut">;

/**
 * Keeps reads of the database behind the events that have arrived: an application that reads first
 * would then take older events for newer ones.
 */
export class ArrivalOrder {
  readonly #source: ArrivalSource;
  /** What is to be done when the application has this number of frames. */
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];
  #isTaking = false;

  constructor(source: ArrivalSource) {
    this.#source = source;
  }

  /** The application begins to take the frames that were handed out last. */
  begin(): void {
    this.#isTaking = true;
  }

  /** The application has these frames. */
  end(): void {
    this.#isTaking = false;
    this.#look();
  }

  /** Calls back when the application has the frames that have arrived by now. */
  after(run: () => void): void {
    this.#due.push({ at: this.#source.arrived, run });
    this.#look();
  }

  #look(): void {
    if (this.#isTaking) return;
    const { handedOut } = this.#source;
    while ((this.#due[0]?.at ?? Infinity) <= handedOut) this.#due.shift()?.run();
  }
}
