import { inNextTurn } from "../../../contract/next_turn.ts";
import type { Budget } from "../budget.ts";
import type { ReadBuffer } from "../connection_types.ts";
import type { EventLoop } from "../../sockets/event_loop.ts";

/**
 * Maximum size of a read. Subscribers send little: this limits an attacker's share of a turn. It has
 * room for more bytes after an incomplete command, which has 4,105 bytes at most.
 */
const READ_BYTES = 4_608;
/**
 * Time per turn for reading from subscribers before other work runs, in milliseconds, and for those
 * that send little.
 */
const READ_MS = 1;
const READ_LITTLE_MS = 2;

/**
 * Limits the time per event loop turn for reading from subscribers. Those that send much cannot use
 * all of it. Otherwise a few that always have something to read could keep new ones away, since the
 * kernel reports them first in each turn.
 */
export class ReadShare {
  readonly #loop: Pick<EventLoop, "turn">;
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  /** The turn in which subscribers were last read, and the time of its first read. */
  #turn = -1;
  #startedAt = 0;
  #isRenewalDue = false;

  constructor(loop: Pick<EventLoop, "turn">) {
    this.#loop = loop;
  }

  /**
   * Returns undefined once the time of this turn is used up: reading continues in the next turn, of
   * the loop or of the process. The loop has none while it waits, but TLS may hold bytes.
   */
  buffer({ sendsLittle }: Pick<Budget, "sendsLittle">): ReadBuffer | undefined {
    const now = performance.now();
    const { turn } = this.#loop;
    if (turn !== this.#turn) this.#startedAt = now;
    this.#turn = turn;
    if (now - this.#startedAt >= (sendsLittle ? READ_LITTLE_MS : READ_MS)) return this.#renew();
    this.#buffer.at = 0;
    return this.#buffer;
  }

  #renew(): undefined {
    if (this.#isRenewalDue) return;
    this.#isRenewalDue = true;
    inNextTurn(() => {
      this.#isRenewalDue = false;
      this.#turn = -1;
    });
  }
}
