import type { FrameSubscriber } from "../../drivers/contract/pubsub.ts";

/** Tells a driver's subscriber how many of its frames the application has. */
export class AppliedMarks {
  readonly #frames: FrameSubscriber;
  readonly #whenApplied: () => Promise<void>;
  #taken = 0;
  #isWaiting = false;

  /** @param whenApplied resolves when the application has what it was handed so far */
  constructor(frames: FrameSubscriber, whenApplied = () => Promise.resolve()) {
    this.#frames = frames;
    this.#whenApplied = whenApplied;
    frames.markApplied?.(0);
  }

  /** The application was handed everything in the frames so far. */
  note(): void {
    if (this.#frames.markApplied === undefined) return;
    this.#taken = this.#frames.counters.received;
    if (!this.#isWaiting) void this.#mark();
  }

  /** Once more for whatever is handed over meanwhile. */
  async #mark(): Promise<void> {
    this.#isWaiting = true;
    for (let marked = -1; marked < this.#taken;) {
      const taken = this.#taken;
      await this.#whenApplied();
      marked = taken;
      this.#frames.markApplied?.(taken);
    }
    this.#isWaiting = false;
  }
}
