import { Broadcast } from "../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import { decodeUpdate } from "../../service/event/codec/decode.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { OverflowHealer } from "../../service/publish/overflow_healer.ts";
import { FakeClock } from "./fake_clock.ts";
import { RecordingLogger } from "./recording_logger.ts";

/** How long a healer made here waits between two `sync` of a topic. */
export const INTERVAL_MS = 10_000;

/** A publisher whose subscribers are as slow as a test says. */
class SlowFrames implements FramePublisher {
  readonly address = "fake://here";
  readonly health = new Broadcast<HealthEvent>(10_000);
  readonly toAll: DbUpdate[] = [];
  readonly toSome: DbUpdate[] = [];
  isBehind = false;
  failure: Error | undefined;

  trySend(topic: string, payload: Uint8Array): boolean {
    this.toSome.push(decodeUpdate(payload, topic));
    return true;
  }

  trySendToAll(topic: string, payload: Uint8Array): boolean {
    if (this.failure !== undefined) throw this.failure;
    if (this.isBehind) return false;
    this.toAll.push(decodeUpdate(payload, topic));
    return true;
  }

  send(): Promise<void> {
    return Promise.reject(new Error("A healer never waits"));
  }

  close(): Promise<CloseReport> {
    this.health.close();
    return Promise.resolve({ flushed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A healer, its publisher and its time. */
export class OverflowScene implements AsyncDisposable {
  readonly frames = new SlowFrames();
  readonly clock = new FakeClock();
  readonly log = new RecordingLogger();
  readonly healer: OverflowHealer;

  constructor() {
    const { clock, log } = this;
    const options = { intervalMs: INTERVAL_MS, format: "map", clock, log } as const;
    this.healer = new OverflowHealer(this.frames, options);
  }

  /** Has a subscriber be too slow for events of these topics. */
  async overflow(...topics: string[]): Promise<void> {
    this.frames.isBehind = true;
    topics.forEach((topic, index) => this.tell({ kind: "overflow", topic, total: index + 1 }));
    await this.clock.settle();
  }

  tell(event: HealthEvent): void {
    this.frames.health.publish(event);
  }

  /** The topics that a `sync` went to, all of them reached. */
  get healed(): string[] {
    return this.frames.toAll.map(({ topic }) => topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.healer[Symbol.asyncDispose]();
    await this.frames.close();
    await this.healer.ended;
  }
}
