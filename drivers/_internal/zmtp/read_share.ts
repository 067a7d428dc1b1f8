import type { ReadBuffer } from "./connection_types.ts";
import type { EventLoop } from "../sockets/event_loop.ts";

/**
 * Maximum size of a read. Subscribers send little: this limits an attacker's share of a turn. It has
 * room for more bytes after an incomplete command, which has 4,105 bytes at most.
 */
const READ_BYTES = 4_608;
/** Time per turn for reading from subscribers before other work runs, in milliseconds. */
const READ_MS = 1;

/** Limits the time per event loop turn for reading from subscribers. */
export class ReadShare {
  readonly #loop: Pick<EventLoop, "turn">;
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  /**
   * The turn in which subscribers were last read, and the time at which reading ends in that turn.
   */
  #turn = -1;
  #readUntil = 0;

  constructor(loop: Pick<EventLoop, "turn">) {
    this.#loop = loop;
  }

  /**
   * Returns undefined once the time of this turn is used up: reading continues in the next turn.
   */
  buffer(): ReadBuffer | undefined {
    const now = performance.now();
    const { turn } = this.#loop;
    if (turn !== this.#turn) this.#readUntil = now + READ_MS;
    this.#turn = turn;
    if (now >= this.#readUntil) return undefined;
    this.#buffer.at = 0;
    return this.#buffer;
  }
}
