import type { ReadBuffer } from "./connection_types.ts";
import type { EventLoop } from "../sockets/event_loop.ts";

/** Subscribers say little: an attacker does not get much of a round. */
const READ_BYTES = 12 * 1024;
/** How long subscribers are read before everything else has its turn. */
const READ_MS = 2;

/** The share of a turn in which subscribers are read. */
export class ReadShare {
  readonly #loop: Pick<EventLoop, "turn">;
  readonly #buffer: ReadBuffer = { bytes: new Uint8Array(READ_BYTES), at: 0 };
  /** The turn in which subscribers were read last, and when they have had enough of it. */
  #turn = -1;
  #readUntil = 0;

  constructor(loop: Pick<EventLoop, "turn">) {
    this.#loop = loop;
  }

  /** None when subscribers have been read long enough in this turn: they are read in the next one. */
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
