import type { Frame } from "../../../drivers/contract/pubsub.ts";
import type { Clock } from "../../base/clock.ts";
import { Histogram } from "./histogram.ts";

/** Counts the bytes of batches, and measures how long each takes. */
export class BatchMeter {
  /** Durations of the batches, in seconds. */
  readonly seconds: Histogram = new Histogram();
  readonly #clock: Pick<Clock, "monotonic">;
  #bytes = 0;
  #pending = 0;
  #receivedAt = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Total bytes of the payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of frames in the current batch. */
  get pending(): number {
    return this.#pending;
  }

  /** Begins a batch. */
  begin(batch: readonly Frame[]): void {
    this.#receivedAt = this.#clock.monotonic();
    for (const { payload } of batch) this.#bytes += payload.length;
    this.#pending = batch.length;
  }

  /** Ends the batch. */
  end(): void {
    this.#pending = 0;
    this.seconds.observe((this.#clock.monotonic() - this.#receivedAt) / 1000);
  }
}
