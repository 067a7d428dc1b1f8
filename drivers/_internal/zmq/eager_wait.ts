import { nextTurn } from "../../contract/next_turn.ts";
import type { Poller } from "./poller.ts";

/** Frames that come further apart than this are waited for in the ordinary way. */
const LULL_MS = 25;
/** The longest that anything else in the process has to wait for its turn. */
const TURN_MS = 1;

/**
 * Waits for a socket on the thread that reads it, as long as frames keep coming.
 *
 * The ordinary wait is on a thread of its own, and what it hears has to be handed over: two threads
 * woken for one frame, which takes longer than all the rest. So while there is traffic the reader
 * sleeps in poll(2) itself, in slices of a millisecond, between which everybody else has a turn.
 * Nothing of the processor is used while it sleeps; in a lull, and when idle, it is the ordinary wait.
 */
export class EagerWait {
  readonly #poller: Poller;
  readonly #fd: number;
  readonly #now: () => number;
  #lastFrames = -Infinity;
  #isFlowing = false;
  #isHere = false;
  #turnDue = 0;

  /** @param now monotonic milliseconds */
  constructor(poller: Poller, fd: number, now: () => number = () => performance.now()) {
    this.#poller = poller;
    this.#fd = fd;
    this.#now = now;
  }

  /** Frames have come. */
  noteFrames(): void {
    const now = this.#now();
    this.#isFlowing = now - this.#lastFrames <= LULL_MS;
    this.#lastFrames = now;
  }

  /**
   * Sleeps until frames may be there; false when it is time to {@linkcode EagerWait.turn} to others,
   * or to wait in the ordinary way.
   */
  hasCome(): boolean {
    return this.isWorthIt() && this.#now() < this.#turnDue &&
      this.#poller.isReadable(this.#fd, TURN_MS);
  }

  /**
   * Whether to wait here. From the moment that it is false the poller tells of the socket again, of
   * what came before too.
   */
  isWorthIt(): boolean {
    const isWorthIt = this.#isFlowing && this.#now() - this.#lastFrames <= LULL_MS;
    if (isWorthIt === this.#isHere) return isWorthIt;
    this.#isHere = isWorthIt;
    if (isWorthIt) this.#poller.pause(this.#fd);
    else this.#poller.resume(this.#fd);
    return isWorthIt;
  }

  /** Resolves when everybody else had a turn. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#turnDue = this.#now() + TURN_MS;
  }
}
