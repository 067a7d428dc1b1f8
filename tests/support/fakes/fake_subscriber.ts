import { Broadcast } from "../../../drivers/contract/channel.ts";
import type { HealthEvent, LiveProof } from "../../../drivers/contract/health.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import type {
  Frame,
  FrameSubscriber,
  PubSubDriver,
  PubSubTraits,
  StopReport,
} from "../../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../../drivers/contract/waiting.ts";
import { Notifier } from "../../../drivers/_internal/notifier.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { testSettings } from "../test_settings.ts";

type ReadyOptions = WaitOptions & { readonly addresses?: readonly string[] };

/**
 * The receiving end of a driver. A test decides which frames arrive and when connections change.
 */
export class FakeSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly health = new Broadcast<HealthEvent>();
  readonly addresses = new Set<string>();
  readonly topics = new Set<string>();
  /** Numbers of frames that the application has applied. */
  readonly applied: number[] = [];
  readonly #changed = new Notifier();
  arrived = 0;
  #queued: Frame[] = [];
  readonly #live = new Set<string>();
  #received = 0;
  #isClosed = false;

  get counters(): { readonly received: number; readonly dropped: number } {
    return { received: this.#received, dropped: 0 };
  }

  /** Delivers these frames, in one batch with all that were not read yet. */
  deliver(...frames: readonly Frame[]): void {
    this.arrived += frames.length;
    this.#queued.push(...frames);
    this.#changed.notify();
  }

  /** Reports a live connection. */
  live(address: string, proof: LiveProof = "confirmed"): void {
    this.health.publish({ kind: "live", address, proof });
    this.proveLive(address);
  }

  /** Makes a connection live without its health event. */
  proveLive(address: string): void {
    this.#live.add(address);
    this.#changed.notify();
  }

  /** Reports a lost connection. */
  lose(address: string): void {
    this.#live.delete(address);
    this.health.publish({ kind: "disconnected", address, reason: "reset" });
  }

  registerListenAddress(address: string): void {
    this.addresses.add(address);
  }

  unregisterListenAddress(address: string): void {
    this.addresses.delete(address);
  }

  registerTopic(topic: string): void {
    this.topics.add(topic);
  }

  registerAllTopics(): void {
    this.topics.add("");
  }

  unregisterTopic(topic: string): void {
    this.topics.delete(topic);
  }

  markApplied(frames: number): void {
    this.applied.push(frames);
  }

  async ready(
    { addresses = [...this.addresses], ...bounds }: ReadyOptions = {},
  ): Promise<void> {
    await this.#changed.until(() => addresses.every((each) => this.#live.has(each)), bounds);
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    while (!this.#isClosed) {
      const batch = this.#queued;
      this.#queued = [];
      this.#received += batch.length;
      if (batch.length === 0) await this.#changed.wait();
      else yield batch;
    }
  }

  stop(): Promise<StopReport> {
    return Promise.resolve({ drained: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#changed.notify();
    this.health.close();
    return Promise.resolve();
  }
}

/** A driver whose only subscriber is this one. */
export function fakeNetwork(
  subscriber: FakeSubscriber,
  traits: Partial<PubSubTraits> = {},
): PubSubDriver {
  const context = { settings: testSettings(), log: silentLogger };
  return {
    ...createMemoryDriver(context),
    name: "fake",
    traits: {
      ...createMemoryDriver(context).traits,
      reach: "network",
      listensToAddresses: true,
      delivery: "keeps",
      ...traits,
    },
    openSubscriber: () => Promise.resolve(subscriber),
  };
}
