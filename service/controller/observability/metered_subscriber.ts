import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type {
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
  TopicOptions,
} from "../../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../../drivers/contract/waiting.ts";
import type { Clock } from "../../base/clock.ts";
import { Histogram } from "./histogram.ts";

/**
 * A subscriber that counts octets and measures how long its reader had each batch: from the batch's
 * arrival to the question for the next, which is when the reader has sent the last of it.
 */
export class MeteredSubscriber implements FrameSubscriber {
  /** Seconds a batch was with the reader. */
  readonly batchSeconds: Histogram = new Histogram();
  readonly #inner: FrameSubscriber;
  readonly #clock: Pick<Clock, "monotonic">;
  #bytes = 0;
  #pending = 0;
  #receivedAt = 0;

  /** @param inner does the work, and is disposed with this one */
  constructor(inner: FrameSubscriber, clock: Pick<Clock, "monotonic">) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** Octets of the payloads handed out. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames of the batch that the reader has and is not done with. */
  get pending(): number {
    return this.#pending;
  }

  get boundAddress(): string | undefined {
    return this.#inner.boundAddress;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#inner.health;
  }

  get counters(): SubscriberCounters {
    return this.#inner.counters;
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return { [Symbol.asyncIterator]: () => this.#iterate() };
  }

  // By hand: a generator around another costs more promises a batch.
  #iterate(): AsyncIterator<readonly Frame[]> {
    const inner = this.#inner.batches()[Symbol.asyncIterator]();
    const onArrival = (result: IteratorResult<readonly Frame[]>) => {
      if (result.done !== true) this.#begin(result.value);
      return result;
    };
    return {
      next: () => {
        this.#end();
        return inner.next().then(onArrival);
      },
      return: () => {
        this.#end();
        return inner.return?.() ?? Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #begin(batch: readonly Frame[]): void {
    this.#receivedAt = this.#clock.monotonic();
    this.#bytes += bytesOf(batch);
    this.#pending = batch.length;
  }

  #end(): void {
    if (this.#pending === 0) return;
    this.#pending = 0;
    this.batchSeconds.observe((this.#clock.monotonic() - this.#receivedAt) / 1000);
  }

  registerListenAddress(address: string): void {
    this.#inner.registerListenAddress(address);
  }

  unregisterListenAddress(address: string): void {
    this.#inner.unregisterListenAddress(address);
  }

  registerTopic(topic: string, options?: TopicOptions): void {
    this.#inner.registerTopic(topic, options);
  }

  unregisterTopic(topic: string): void {
    this.#inner.unregisterTopic(topic);
  }

  ready(options?: WaitOptions & { readonly addresses?: readonly string[] }): Promise<void> {
    return this.#inner.ready(options);
  }

  stop(options?: WaitOptions): Promise<StopReport> {
    return this.#inner.stop(options);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }
}

function bytesOf(batch: readonly Frame[]): number {
  let bytes = 0;
  for (const { payload } of batch) bytes += payload.length;
  return bytes;
}
