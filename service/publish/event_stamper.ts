import { SendTime } from "../base/send_time.ts";
import type { Clock } from "../base/clock.ts";
import { refuseForeignStamp } from "../event/codec/foreign_stamp.ts";
import { StampWriter } from "../event/codec/stamp_writer.ts";
import type { TopicPosition } from "./topic_positions.ts";

const NO_BYTES: Uint8Array = new Uint8Array();

/** What an {@linkcode EventStamper} stamps with. */
export interface EventStamperOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The clock of the time in the stamps. */
  readonly clock: Clock;
  /** Maximum size of a stamped payload, in bytes. */
  readonly maxEventBytes: number;
}

/** Appends the position after the last one of a topic, and the time, to one event after another. */
export class EventStamper {
  readonly #maxEventBytes: number;
  readonly #stamp: StampWriter;
  readonly #time: SendTime;
  #payload: Uint8Array = NO_BYTES;
  #seq = 0;
  #scratch = new Uint8Array(4096);

  /** Creates it without an event. */
  constructor({ id, clock, maxEventBytes }: EventStamperOptions) {
    this.#maxEventBytes = maxEventBytes;
    this.#stamp = new StampWriter(id, 1);
    this.#time = new SendTime(clock);
  }

  /**
   * Begins an event. Returns its size with a stamp; 0 if it is sent without one.
   *
   * @param stampOffset offset of another publisher's stamp, which is replaced; -1 without one
   */
  plan(payload: Uint8Array, stampOffset: number): number {
    const size = this.#stamp.plan(payload, stampOffset);
    if (size > this.#maxEventBytes) refuseForeignStamp(payload);
    return size <= this.#maxEventBytes ? size : 0;
  }

  /** Sets what {@linkcode write} writes: the planned event, after this position. */
  take(payload: Uint8Array, { epoch, seq }: TopicPosition): void {
    this.#stamp.epoch = epoch;
    this.#payload = payload;
    this.#seq = seq + 1;
  }

  /** Writes the event with its stamp into `bytes`, from `at` on. */
  readonly write = (bytes: Uint8Array, at: number): void => {
    this.#stamp.write(this.#payload, bytes, at, this.#seq, this.#time.micros());
    this.#payload = NO_BYTES;
  };

  /** The bytes of the event with its stamp, of the planned size; valid until the next call. */
  bytes(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size * 2);
    const bytes = this.#scratch.subarray(0, size);
    this.write(bytes, 0);
    return bytes;
  }
}
