import assert from "node:assert/strict";
import type { Frame, FramePublisher, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const TIMEOUT_MS = 30_000;
/** Fewer frames than any driver queues for a subscriber by default. */
const WINDOW = 10_000;
const NUMBER_BYTES = 4;
const PRIMER = new Uint8Array(1);
const PRIMER_INTERVAL_MS = 5;

/** Frames that count up from 0 on one topic, from a publisher to an active subscriber. */
export class Sequence {
  readonly topic: string;
  readonly #changed = new Notifier();
  #sent = 0;
  #received = 0;
  #isPrimed = false;
  #fault: string | undefined;

  constructor(subscriber: FrameSubscriber, topic: string) {
    this.topic = topic;
    subscriber.registerTopic(topic);
    void this.#read(subscriber);
  }

  async #read(subscriber: FrameSubscriber): Promise<void> {
    for await (const batch of subscriber.batches()) {
      for (const frame of batch) this.#take(frame);
      this.#changed.notify();
    }
  }

  #take({ topic, payload, gap }: Frame): void {
    if (gap !== undefined) return;
    if (payload.length === PRIMER.length) {
      this.#isPrimed = true;
      return;
    }
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
    const isWhole = payload.subarray(NUMBER_BYTES).every((byte) => byte === (number & 0xff));
    if (topic !== this.topic || number !== this.#received || !isWhole) {
      const size = `${payload.length} bytes${isWhole ? "" : ", damaged"}`;
      this.#fault ??=
        `frame ${number} of "${topic}" (${size}) where frame ${this.#received} was expected`;
    }
    this.#received++;
  }

  /** Resolves when frames from the publisher arrive. A handshake does not prove that. */
  async begin(publisher: FramePublisher): Promise<void> {
    const deadline = performance.now() + TIMEOUT_MS;
    this.#isPrimed = false;
    do {
      assert(performance.now() < deadline, `no frame of "${this.topic}" arrived`);
      await publisher.send(this.topic, PRIMER);
    } while (!(await this.#changed.until(() => this.#isPrimed, { timeoutMs: PRIMER_INTERVAL_MS })));
  }

  /**
   * Sends the next frames of `size` bytes, and waits until all have arrived complete and in order.
   */
  async pass(publisher: FramePublisher, count: number, size: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const payload = new Uint8Array(size).fill(this.#sent & 0xff);
      new DataView(payload.buffer).setUint32(0, this.#sent, true);
      if (!publisher.trySend(this.topic, payload)) {
        await publisher.send(this.topic, payload, { timeoutMs: TIMEOUT_MS });
      }
      this.#sent++;
      await this.#within(WINDOW);
    }
    await this.#within(1);
  }

  /** Waits until fewer than `window` frames are in flight. */
  async #within(window: number): Promise<void> {
    if (this.#sent - this.#received >= window) {
      const isNear = () => this.#sent - this.#received < window || this.#fault !== undefined;
      const came = await this.#changed.until(isNear, { timeoutMs: TIMEOUT_MS });
      assert(came, `${this.#received} of ${this.#sent} frames arrived`);
    }
    assert.equal(this.#fault, undefined);
  }

  /** Continues the count at a subscriber that replaces this one's. */
  continuedAt(subscriber: FrameSubscriber): Sequence {
    const next = new Sequence(subscriber, this.topic);
    next.#sent = next.#received = this.#sent;
    return next;
  }
}
