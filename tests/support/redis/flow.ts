import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type {
  FramePublisher,
  FrameSubscriber,
  PubSubDriver,
  TopicOptions,
} from "../../../drivers/contract/pubsub.ts";
import { Notifier } from "../../../drivers/_internal/notifier.ts";
import { bytesOf } from "../frame_reader.ts";

const TOPIC = "D";
const TIMEOUT_MS = 30_000;
const SEND_TIMEOUT_MS = 1_000;
const NUMBERS_AFTER = 50;

/** The totals of the published numbers. */
export interface Sum {
  /** Numbers that the server confirmed. */
  readonly published: number;
  /** Confirmed numbers that arrived. */
  readonly received: number;
  /** Confirmed numbers that did not arrive, within a reported interruption or gap. */
  readonly announced: number;
  /** Confirmed numbers that did not arrive and were not reported. Must be 0. */
  readonly unannounced: number;
  /** Numbers that arrived more than once. */
  readonly twice: number;
  /** Numbers that the publisher knows to be unconfirmed. */
  readonly failed: number;
  /** Unconfirmed numbers that arrived nevertheless. */
  readonly arrivedUnconfirmed: number;
  readonly disconnected: number;
  readonly live: number;
  readonly gaps: number;
}

/** Sends numbers from a publisher to a subscriber during faults, and keeps the account. */
export class Flow implements AsyncDisposable {
  readonly subscriber: FrameSubscriber;
  readonly health: HealthEvent[] = [];
  readonly #publisher: FramePublisher;
  readonly #changed = new Notifier();
  readonly #confirmed = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #received = new Map<number, number>();
  readonly #windows: { from: number; to: number }[] = [];
  readonly #background: Promise<void>[];
  foreign = 0;
  #sent = 0;
  #gaps = 0;
  #highest = -1;
  #isSending = true;

  /** Opens both ends, and begins to publish when the subscriber is live. */
  static async start(driver: PubSubDriver, topic: TopicOptions = {}): Promise<Flow> {
    const publisher = await driver.openPublisher();
    const subscriber = await driver.openSubscriber();
    const flow = new Flow(publisher, subscriber);
    subscriber.registerTopic(TOPIC, topic);
    await subscriber.ready({ timeoutMs: TIMEOUT_MS });
    flow.#background.push(flow.#send(), flow.#watchPublisher());
    await flow.#until("numbers flow", () => flow.#received.size > NUMBERS_AFTER);
    return flow;
  }

  private constructor(publisher: FramePublisher, subscriber: FrameSubscriber) {
    this.#publisher = publisher;
    this.subscriber = subscriber;
    this.#background = [this.#watch(), this.#read()];
  }

  async #send(): Promise<void> {
    while (this.#isSending) {
      const number = this.#sent++;
      const sending = this.#publisher.send(TOPIC, bytesOf(`n${number}`), {
        timeoutMs: SEND_TIMEOUT_MS,
      });
      await sending.then(() => this.#confirmed.add(number), () => this.#failed.add(number));
      this.#changed.notify();
      await pause(1);
    }
  }

  async #read(): Promise<void> {
    for await (const batch of this.subscriber.batches()) {
      for (const { payload, gap } of batch) {
        if (gap === undefined) this.#note(new TextDecoder().decode(payload));
        else this.#gaps++;
      }
      this.#changed.notify();
    }
  }

  #note(text: string): void {
    const found = /^n(\d+)$/.exec(text);
    if (found === null) return void this.foreign++;
    const number = Number(found[1]);
    this.#received.set(number, (this.#received.get(number) ?? 0) + 1);
    this.#highest = Math.max(this.#highest, number);
  }

  async #watch(): Promise<void> {
    for await (const event of this.subscriber.health) {
      this.health.push(event);
      // Lost numbers are newer than those received before the interruption, and older than those
      // sent after it.
      const last = this.#windows.at(-1);
      if (event.kind === "disconnected") this.#windows.push({ from: this.#highest, to: Infinity });
      if (event.kind === "live" && last !== undefined) last.to = this.#sent;
      this.#changed.notify();
    }
  }

  /**
   * After a role swap the subscriber may reach the new master before its publisher does. Until then
   * the old master confirms events. A driver cannot detect the loss of these; sequence numbers of
   * events can.
   */
  async #watchPublisher(): Promise<void> {
    for await (const event of this.#publisher.health) {
      const last = this.#windows.at(-1);
      if (event.kind !== "connected" || last === undefined) continue;
      if (last.to < Infinity) last.to = this.#sent;
    }
  }

  #count(kind: HealthEvent["kind"]): number {
    return this.health.filter((event) => event.kind === kind).length;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const healthLines = () => this.health.map((event) => JSON.stringify(event)).join("\n");
    const came = await this.#changed.until(holds, { timeoutMs: TIMEOUT_MS });
    assert(came, `${what}: waited ${TIMEOUT_MS} ms; sent ${this.#sent}, health:\n${healthLines()}`);
  }

  /** Resolves when that many interruptions are over and numbers arrive again. */
  async recovered(interruptions: number): Promise<void> {
    await this.#until(
      "the interruption is healthLines",
      () =>
        this.#count("disconnected") >= interruptions &&
        this.#count("live") >= interruptions + 1,
    );
    await this.flowing();
  }

  /** Resolves when newly sent numbers are confirmed. */
  async publishing(): Promise<void> {
    const from = this.#sent;
    const fresh = () => [...this.#confirmed].filter((number) => number >= from).length;
    await this.#until("numbers are confirmed", () => fresh() > NUMBERS_AFTER);
  }

  /** Resolves when newly sent numbers have arrived. */
  async flowing(): Promise<void> {
    const from = this.#sent;
    const fresh = () => [...this.#received.keys()].filter((number) => number >= from).length;
    await this.#until("numbers flow again", () => fresh() > NUMBERS_AFTER);
  }

  /** Stops publishing, waits for numbers in flight, and returns the account. */
  async sum(): Promise<Sum> {
    this.#isSending = false;
    await this.#background[2];
    const last = [...this.#confirmed].at(-1) ?? -1;
    await this.#until("the last number comes", () => this.#received.has(last));
    const missing = [...this.#confirmed].filter((number) => !this.#received.has(number));
    const isReported = (number: number) =>
      this.#windows.some(({ from, to }) => number > from && number < to);
    const announced = missing.filter(isReported).length;
    return {
      published: this.#confirmed.size,
      received: this.#confirmed.size - missing.length,
      announced,
      unannounced: missing.length - announced,
      twice: [...this.#received.values()].filter((times) => times > 1).length,
      failed: this.#failed.size,
      arrivedUnconfirmed: [...this.#failed].filter((number) => this.#received.has(number)).length,
      disconnected: this.#count("disconnected"),
      live: this.#count("live"),
      gaps: this.#gaps,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isSending = false;
    await this.#publisher.close();
    await this.subscriber[Symbol.asyncDispose]();
    await Promise.all(this.#background);
  }
}

/** Prints the account and fails unless it balances: published = received + announced as lost. */
export function assertClosed(what: string, sum: Sum): void {
  const { published, received, announced, failed, arrivedUnconfirmed, gaps } = sum;
  console.log(
    `${what}: ${published} published = ${received} received + ${announced} announced as lost` +
      ` (${failed} not confirmed, of which ${arrivedUnconfirmed} came; ${gaps} gaps)`,
  );
  assert.equal(published, received + announced, JSON.stringify(sum));
  assert.equal(sum.unannounced, 0, JSON.stringify(sum));
  assert.equal(sum.twice, 0, JSON.stringify(sum));
}
