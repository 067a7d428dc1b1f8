import { Broadcast } from "../contract/channel.ts";
import { DriverError } from "../contract/errors.ts";
import type { HealthEvent } from "../contract/health.ts";
import { pubSubMaxEventBytes } from "../contract/options.ts";
import type {
  CloseReport,
  DriverContext,
  Frame,
  FramePublisher,
  FrameSubscriber,
  PubSubDriver,
  StopReport,
  SubscriberCounters,
  TopicOptions,
} from "../contract/pubsub.ts";
import type { WaitOptions } from "../contract/waiting.ts";
import { FrameChecks } from "../_internal/frame_checks.ts";
import { Notifier } from "../_internal/notifier.ts";

const ADDRESS = "memory:";
const QUEUE_FRAMES = 10_000;
const SEND_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 5_000;

/** The shared state of the publishers and subscribers of one driver. */
interface Hub {
  readonly checks: FrameChecks;
  readonly subscribers: Set<MemorySubscriber>;
  readonly room: Notifier;
}

/**
 * The reference driver, for publishers and subscribers of one driver object in one process.
 *
 * A frame reaches every subscriber of its topic or none: while one of them is full, senders wait.
 */
export function createMemoryDriver(context: DriverContext): PubSubDriver {
  const maxEventBytes = context.settings.get(pubSubMaxEventBytes);
  const hub: Hub = {
    checks: new FrameChecks(maxEventBytes),
    subscribers: new Set(),
    room: new Notifier(),
  };
  return {
    name: "memory",
    traits: {
      reach: "process",
      listensToAddresses: false,
      fanOut: "all",
      delivery: "waits",
      begins: [],
      liveProof: "local",
      confirms: false,
    },
    openPublisher: () => Promise.resolve(new MemoryPublisher(hub)),
    openSubscriber: () => Promise.resolve(new MemorySubscriber(hub)),
  };
}

class MemoryPublisher implements FramePublisher {
  readonly address = ADDRESS;
  readonly health = new Broadcast<HealthEvent>();
  readonly #hub: Hub;
  #closed = false;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    if (this.#closed) throw new DriverError("CLOSED", "Cannot send: the publisher is closed");
    this.#hub.checks.check(topic, payload);
    const receivers = [...this.#hub.subscribers].filter((each) => each.wants(topic));
    if (receivers.some((receiver) => receiver.isFull)) return false;
    const frame = { topic, payload: payload.slice() };
    for (const receiver of receivers) receiver.deliver(frame);
    return true;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const bounds = { timeoutMs: SEND_TIMEOUT_MS, ...options };
    if (await this.#hub.room.until(() => this.trySend(topic, payload), bounds)) return;
    const message = `The queue of a subscriber of topic "${topic}" is full: waited ${
      bounds.timeoutMs / 1000
    } s`;
    throw new DriverError("SEND_TIMEOUT", message);
  }

  close(): Promise<CloseReport> {
    this.#closed = true;
    this.#hub.room.notify();
    this.health.close();
    return Promise.resolve({ flushed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

class MemorySubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly health = new Broadcast<HealthEvent>();
  readonly #hub: Hub;
  readonly #topics = new Set<string>();
  #wantsAll = false;
  readonly #arrived = new Notifier();
  #queue: Frame[] = [];
  #received = 0;
  #state: "open" | "stopping" | "closed" = "open";
  #reading = false;

  constructor(hub: Hub) {
    this.#hub = hub;
    hub.subscribers.add(this);
  }

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: 0 };
  }

  get arrived(): number {
    return this.#received + this.#queue.length;
  }

  get isFull(): boolean {
    return this.#queue.length >= QUEUE_FRAMES;
  }

  wants(topic: string): boolean {
    return this.#wantsAll || this.#topics.has(topic);
  }

  deliver(frame: Frame): void {
    this.#queue.push(frame);
    this.#arrived.notify();
  }

  registerListenAddress(address: string): void {
    const why = "its publishers are all in this process";
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  registerTopic(topic: string, options: TopicOptions = {}): void {
    this.#refuseWhenClosed();
    this.#hub.checks.topic(topic);
    this.#hub.checks.beginsNow(topic, options);
    this.#topics.add(topic);
  }

  registerAllTopics(): void {
    this.#refuseWhenClosed();
    this.#wantsAll = true;
  }

  unregisterTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  ready(): Promise<void> {
    return Promise.resolve().then(() => this.#refuseWhenClosed());
  }

  #refuseWhenClosed(): void {
    if (this.#state === "closed") throw new DriverError("CLOSED", "The subscriber is closed");
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    this.#reading = true;
    try {
      while (this.#state !== "closed") {
        const batch = this.#queue;
        this.#queue = [];
        this.#received += batch.length;
        this.#hub.room.notify();
        if (batch.length > 0) yield batch;
        else if (this.#state === "stopping") return;
        else await this.#arrived.wait();
      }
    } finally {
      this.#reading = false;
      this.#arrived.notify();
    }
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    this.#hub.subscribers.delete(this);
    if (this.#state === "open") this.#state = "stopping";
    this.#hub.room.notify();
    this.#arrived.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    const through = await this.#arrived.until(() => !this.#reading, bounds);
    return { drained: through && this.#queue.length === 0 };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#state = "closed";
    this.#hub.subscribers.delete(this);
    this.#hub.room.notify();
    this.#arrived.notify();
    this.health.close();
    return Promise.resolve();
  }
}
