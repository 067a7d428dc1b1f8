import type { FrameSubscriber } from "../../drivers/contract/pubsub.ts";

/** Tells a driver's subscriber how many of its frames the application has applied. */
export class AppliedMarks {
  readonly #frames: FrameSubscriber;
  readonly #whenApplied: () => Promise<void>;
  #taken = 0;
  #isWaiting = false;

  /**
   * @param whenApplied resolves when the application has applied everything that it received so far
   */
  constructor(frames: FrameSubscriber, whenApplied = () => Promise.resolve()) {
    this.#frames = frames;
    this.#whenApplied = whenApplied;
    frames.markApplied?.(0);
  }

  /** Notes that the application has received everything in the first `frames` of all frames. */
  note(frames: number): void {
    if (this.#frames.markApplied === undefined) return;
    this.#taken = frames;
    if (!this.#isWaiting) void this.#mark();
  }

  /** Repeats while the application receives more in the meantime. */
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
