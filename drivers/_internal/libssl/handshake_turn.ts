import { inTurns } from "../../contract/next_turn.ts";

/** Takes a step of a handshake, in up to a few milliseconds. */
type Step = () => void;

/**
 * The handshakes of this process that can go on. A thousand of them take seconds: between their steps,
 * everything else runs. A handshake that has begun comes before a new one, so that some are done
 * soon, instead of all late.
 */
class HandshakeQueue {
  readonly #steps = { begun: [] as Step[], new: [] as Step[] };
  #isRunning = false;

  /** Takes the step at once, if no other is queued or under way. */
  add(step: Step, kind: "begun" | "new"): void {
    this.#steps[kind].push(step);
    if (this.#isRunning) return;
    this.#isRunning = true;
    void inTurns(this.#take(), (next) => next());
  }

  *#take(): Generator<Step> {
    const { begun, new: fresh } = this.#steps;
    for (let step; (step = begun.shift() ?? fresh.shift()) !== undefined;) yield step;
    this.#isRunning = false;
  }
}

const queue = new HandshakeQueue();

/** The turn of one connection in the queue of handshakes, and how long it was queued. */
export class HandshakeTurn {
  #since: number | undefined;
  #pastMs = 0;

  /** Takes the step when it is due: at once, or later. Until then, further requests count for nothing. */
  request(kind: "begun" | "new", step: Step): void {
    if (this.isDue) return;
    this.#since = performance.now();
    queue.add(() => {
      this.#pastMs = this.delayedMs;
      this.#since = undefined;
      step();
    }, kind);
  }

  /** Whether a step is queued. */
  get isDue(): boolean {
    return this.#since !== undefined;
  }

  /** For how long steps have been queued, in milliseconds. */
  get delayedMs(): number {
    return this.#pastMs + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }
}
