import type { Frame } from "../../../drivers/contract/pubsub.ts";
import type { Clock } from "../../base/clock.ts";
import { Histogram } from "./histogram.ts";

/** Counts the bytes of batches, and measures how long each takes. */
export class BatchMeter {
  /** Seconds that each batch took. */
  readonly seconds: Histogram = new Histogram();
  readonly #clock: Pick<Clock, "monotonic">;
  #bytes = 0;
  #pending = 0;
  #receivedAt = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Bytes of the payloads so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of frames in the batch that has begun and not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** A batch has arrived. */
  begin(batch: readonly Frame[]): void {
    this.#receivedAt = this.#clock.monotonic();
    for (const { payload } of batch) this.#bytes += payload.length;
    this.#pending = batch.length;
  }

  /** The batch has been dealt with. */
  end(): void {
    this.#pending = 0;
    this.seconds.observe((this.#clock.monotonic() - this.#receivedAt) / 1000);
  }
}
