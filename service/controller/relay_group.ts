import type { Frame } from "../../drivers/contract/pubsub.ts";
import type { DriverError } from "../../drivers/contract/errors.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";

/** The frames of one batch whose events a broker has to confirm. */
export class RelayGroup {
  /** What the broker says of them. */
  readonly answers: SendGroup;
  /** By their place in the group. */
  readonly #frames: Frame[] = [];
  /** Those that went out in the other shape. */
  readonly #converted = new Set<Frame>();

  /** Holds no frame yet. */
  constructor(answers: SendGroup) {
    this.answers = answers;
  }

  /** The sink has taken the event of a frame. */
  add(frame: Frame, isConverted: boolean): void {
    this.#frames.push(frame);
    if (isConverted) this.#converted.add(frame);
  }

  /** Counts the answers, and tells of each frame whose event was not accepted. */
  count(
    counters: { relayed: number; converted: number },
    onFailed: (frame: Frame, error: DriverError) => void,
  ): void {
    for (const { place, error } of this.answers.failures) {
      const frame = this.#frames[place];
      if (frame === undefined) continue;
      this.#converted.delete(frame);
      onFailed(frame, error);
    }
    counters.relayed += this.answers.accepted;
    counters.converted += this.#converted.size;
  }
}
