import type { Frame } from "../../../contract/pubsub.ts";

/** What the frames of one reading share. */
export interface Reading {
  readonly topic: string;
  /** The run of the server. */
  readonly run: string | undefined;
  /** How many entries the stream had been given before the first of the reading, if known. */
  readonly base: number | undefined;
}

/** An entry of a stream. Its position is only written when somebody asks. */
export class StreamFrame implements Frame {
  readonly payload: Uint8Array;
  readonly #id: Uint8Array;
  readonly #reading: Reading;
  readonly #offset: number;

  /** @param offset which entry of the reading it is, from 1 */
  constructor(
    payload: Uint8Array,
    { id, reading, offset }: { id: Uint8Array; reading: Reading; offset: number },
  ) {
    this.payload = payload;
    this.#id = id;
    this.#reading = reading;
    this.#offset = offset;
  }

  get topic(): string {
    return this.#reading.topic;
  }

  get position(): string {
    const id = String.fromCharCode(...this.#id);
    const { base, run } = this.#reading;
    return base === undefined || run === undefined ? id : `${id}/${base + this.#offset}/${run}`;
  }
}
