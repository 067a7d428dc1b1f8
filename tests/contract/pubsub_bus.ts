import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type {
  FramePublisher,
  FrameSubscriber,
  PublisherOpenOptions,
  PubSubDriver,
} from "../../drivers/contract/pubsub.ts";
import { bytesOf, FrameReader } from "../support/frame_reader.ts";

const TIMEOUT_MS = 30_000;
const MORE_THAN_ANY_QUEUE = 2_000_000;
const SENDS_PER_TURN = 1_000;
const ROUNDS_WHEN_FULL = 5;

/** A subscriber with a reader from construction on. */
export interface ReadSubscriber {
  readonly subscriber: FrameSubscriber;
  readonly reader: FrameReader;
}

/** All ends of a driver that one test opens. Disposed at the end. */
export class Bus implements AsyncDisposable {
  readonly driver: PubSubDriver;
  readonly #publishers: FramePublisher[] = [];
  readonly #subscribers: FrameSubscriber[] = [];

  constructor(driver: PubSubDriver) {
    this.driver = driver;
  }

  async publisher(options?: PublisherOpenOptions): Promise<FramePublisher> {
    const publisher = await this.driver.openPublisher(options);
    this.#publishers.push(publisher);
    return publisher;
  }

  async subscriber(): Promise<FrameSubscriber> {
    const subscriber = await this.driver.openSubscriber({ sentAt: timeIn });
    this.#subscribers.push(subscriber);
    return subscriber;
  }

  /**
   * Opens a subscriber of the topics at every publisher. Resolves when it is live; frames are read
   * at once.
   */
  async reading(...topics: string[]): Promise<ReadSubscriber> {
    const subscriber = await this.subscriber();
    const reader = new FrameReader(subscriber);
    for (const topic of topics) subscriber.registerTopic(topic);
    await this.follow(subscriber);
    return { subscriber, reader };
  }

  /** Connects the subscriber to every publisher, and waits until it is live. */
  async follow(subscriber: FrameSubscriber): Promise<void> {
    for (const { address } of this.#publishers) {
      if (this.driver.traits.listensToAddresses) subscriber.registerListenAddress(address);
    }
    await subscriber.ready({ timeoutMs: TIMEOUT_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#publishers.map((each) => each.close({ timeoutMs: 50 })));
    for (const subscriber of this.#subscribers) await subscriber[Symbol.asyncDispose]();
  }
}

/** A payload that says when it was sent. */
export function timedBytes(text: string): Uint8Array {
  return bytesOf(`${text}@${Date.now()}`);
}

/** The time of {@linkcode timedBytes}; undefined in another payload. */
export function timeIn(payload: Uint8Array): number | undefined {
  const [, time] = /@(\d+)$/.exec(new TextDecoder().decode(payload)) ?? [];
  return time === undefined ? undefined : Number(time);
}

/** Sends a frame as soon as there is room, and does not wait until the frame is accepted. */
export async function put(
  publisher: FramePublisher,
  topic: string,
  payload: Uint8Array,
): Promise<void> {
  const hasRoom = await findsRoom(publisher, { topic, payload, timeoutMs: TIMEOUT_MS });
  assert(hasRoom, `no room for a frame in ${TIMEOUT_MS} ms`);
}

async function findsRoom(
  publisher: FramePublisher,
  { topic, payload, timeoutMs }: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly timeoutMs: number;
  },
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!publisher.trySend(topic, payload)) {
    if (performance.now() > deadline) return false;
    await setImmediate();
  }
  return true;
}

/**
 * Sends frames that no subscriber reads, until the transport has no room. Returns the number sent.
 */
export async function fill(publisher: FramePublisher, topic: string): Promise<number> {
  const payload = bytesOf("x".repeat(200));
  await put(publisher, topic, payload);
  for (let sent = 1; sent < MORE_THAN_ANY_QUEUE; sent++) {
    if (sent % SENDS_PER_TURN === 0) await setImmediate();
    // For a while the kernel's buffers still make room.
    if (!(await findsRoom(publisher, { topic, payload, timeoutMs: 250 }))) return sent;
  }
  assert.fail(`the transport accepted ${MORE_THAN_ANY_QUEUE} frames without a reader`);
}

/**
 * Tests a claim about a publisher whose queues are full. On a busy machine a transport may connect or
 * read late, and then has room again. The test repeats with a new publisher, up to five times.
 */
export async function whenFull(
  bus: Bus,
  topic: string,
  claim: (publisher: FramePublisher) => Promise<void>,
): Promise<void> {
  for (let round = 1;; round++) {
    const publisher = await bus.publisher();
    await fill(publisher, topic);
    try {
      return await claim(publisher);
    } catch (error) {
      if (round === ROUNDS_WHEN_FULL) throw error;
    }
  }
}

/** Sends `prefix0`, `prefix1`, … on a topic, and yields to readers in between. */
export async function sendNumbered(
  publisher: FramePublisher,
  topic: string,
  { prefix = "", count }: { readonly prefix?: string; readonly count: number },
): Promise<void> {
  for (let number = 0; number < count; number++) {
    await put(publisher, topic, bytesOf(`${prefix}${number}`));
    if (number % SENDS_PER_TURN === 0) await setImmediate();
  }
}

/** The frames of {@linkcode sendNumbered}, as a reader shows them. */
export function numbered(topic: string, prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${topic}|${prefix}${number}`);
}
