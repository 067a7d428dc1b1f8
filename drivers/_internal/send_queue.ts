import type { WaitOptions } from "../contract/waiting.ts";
import type { Notifier } from "./notifier.ts";

/** Lets sends that find no room wait for it, so that frames leave in the order of the calls. */
export class SendQueue {
  readonly #changed: Notifier;
  /** Sends that wait, the first first. */
  readonly #waiting = new Set<object>();

  /** @param changed notified when there may be room again, and when there will be none */
  constructor(changed: Notifier) {
    this.#changed = changed;
  }

  /** Whether no send waits: one that went on without waiting would overtake those that do. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Calls `takes`, again at every change and behind the sends that wait already, until it is true.
   * False when `timeoutMs` is over before; an abort rejects, and so does what `takes` throws.
   */
  async enter(takes: () => boolean, options: WaitOptions): Promise<boolean> {
    options.signal?.throwIfAborted();
    if (this.isEmpty && takes()) return true;
    const send = {};
    this.#waiting.add(send);
    const isTaken = () => {
      const [first] = this.#waiting;
      // It leaves at once, so that the next one may go on at the same change.
      return first === send && takes() && this.#waiting.delete(send);
    };
    try {
      return await this.#changed.until(isTaken, options);
    } finally {
      if (this.#waiting.delete(send)) this.#changed.notify();
    }
  }
}
