import { Broadcast, Channel } from "../../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { Frame, FrameSubscriber, StopReport } from "../../../drivers/contract/pubsub.ts";

/**
 * The receiving end of a driver that confirms frames. It keeps the accepted and the refused frames,
 * in order.
 */
export class FakeSource implements FrameSubscriber {
  readonly boundAddress = "fake://here";
  readonly health = new Broadcast<HealthEvent>();
  readonly counters = { received: 0, dropped: 0 };
  readonly accepted: Frame[] = [];
  readonly refused: Frame[] = [];
  readonly #batches = new Channel<readonly Frame[]>({ capacity: 1_000, overflow: "refuse" });

  /** Delivers a batch to the reader. */
  deliver(...frames: readonly Frame[]): void {
    this.#batches.push(frames);
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    for await (const batch of this.#batches) {
      yield batch;
      this.accepted.push(...batch.filter((frame) => !this.refused.includes(frame)));
    }
  }

  refuse(frame: Frame): void {
    this.refused.push(frame);
  }

  stop(): Promise<StopReport> {
    this.#batches.close();
    return Promise.resolve({ drained: true });
  }

  registerListenAddress(): void {}
  unregisterListenAddress(): void {}
  registerTopic(): void {}
  unregisterTopic(): void {}
  async ready(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.health.close();
  }
}
