import type { Frame } from "../../drivers/contract/pubsub.ts";
import type { DriverError } from "../../drivers/contract/errors.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";

/** The frames of one batch whose events a broker has to confirm. */
export class RelayGroup {
  /** The broker's answers. */
  readonly answers: SendGroup;
  /** The frames by their index in the group. */
  readonly #frames: Frame[] = [];
  /** The frames that were converted to the other format. */
  readonly #converted = new Set<Frame>();

  /** Creates an empty group. */
  constructor(answers: SendGroup) {
    this.answers = answers;
  }

  /** Adds a frame whose event the sink has taken. */
  add(frame: Frame, isConverted: boolean): void {
    this.#frames.push(frame);
    if (isConverted) this.#converted.add(frame);
  }

  /** Counts the answers, and reports each frame whose event was not accepted. */
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
