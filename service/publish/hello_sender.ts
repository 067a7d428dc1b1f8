import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { Clock } from "../base/clock.ts";
import type { HeardTopics } from "./heard_topics.ts";
import { encodeHello, helloTopic } from "../protocol/hello.ts";
import type { PositionedPublisher } from "./positioned_publisher.ts";

/** Subscriptions come in crowds: a topic is said again for them once in so many milliseconds. */
const GATHER_MS = 10;

/** How a {@linkcode HelloSender} works. */
export interface HelloSenderOptions {
  /** The driver's end of the publisher. */
  readonly sink: Pick<FramePublisher, "trySend">;
  /** From one hello of a topic to the next, in milliseconds; more than 0. */
  readonly intervalMs: number;
  /** Who has subscribed; undefined on a transport that does not tell: then to every topic's. */
  readonly heard: HeardTopics | undefined;
  /** Where missed events can be asked for; null when nowhere. */
  readonly replay: string | null;
  /** The time. */
  readonly clock: Clock;
}

/** Totals since the sender was made. */
export interface HelloCounters {
  /** Hellos that the driver took. */
  readonly sent: number;
  /** Those that it did not; the next one says the same and more. */
  readonly refused: number;
}

/**
 * Says where every topic stands, at an interval and at a subscription: a loss that no later event would
 * show is known by then. A subscriber that subscribes, and then asks whether it is live, knows the
 * position before the answer. The last one goes out when it is disposed, so that a publisher
 * does not leave with its last events in doubt. A hello never waits.
 */
export class HelloSender implements AsyncDisposable {
  readonly #publisher: PositionedPublisher;
  readonly #options: HelloSenderOptions;
  readonly #abort = new AbortController();
  readonly #counters = { sent: 0, refused: 0 };
  readonly #running: Promise<void>;
  /** Topics said in this moment, and those of them to be said again at its end. */
  readonly #answered = new Set<string>();
  readonly #again = new Set<string>();
  #gathering: Promise<void> | undefined;

  /** Begins at once; the first of the interval's goes out when one is over. */
  constructor(publisher: PositionedPublisher, options: HelloSenderOptions) {
    this.#publisher = publisher;
    this.#options = options;
    this.#running = this.#run();
    options.heard?.listen((topic) => this.#answer(topic));
  }

  /** Totals, as of now. */
  get counters(): HelloCounters {
    return { ...this.#counters };
  }

  /** Says it for the last time. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isFirst = !this.#abort.signal.aborted;
    this.#abort.abort();
    await this.#running;
    await this.#gathering;
    if (isFirst) this.#sendAll(this.#topics());
  }

  async #run(): Promise<void> {
    while (await this.#slept(this.#options.intervalMs)) this.#sendAll(this.#topics());
  }

  /** Whoever subscribes to more than are remembered must not keep others from what is published. */
  #topics(): Iterable<string> {
    const { heard } = this.#options;
    if (heard !== undefined && !heard.isFull) return heard.topics;
    return new Set([...heard?.topics ?? [], ...this.#publisher.topics()]);
  }

  #answer(topic: string): void {
    if (this.#abort.signal.aborted) return;
    if (this.#answered.has(topic)) {
      this.#again.add(topic);
      return;
    }
    this.#answered.add(topic);
    this.#sendAll([topic]);
    this.#gathering ??= this.#gather();
  }

  async #gather(): Promise<void> {
    while (this.#answered.size > 0 && await this.#slept(GATHER_MS)) {
      const again = [...this.#again];
      this.#again.clear();
      this.#answered.clear();
      for (const topic of again) this.#answered.add(topic);
      this.#sendAll(again);
    }
    this.#gathering = undefined;
  }

  /** False when it was stopped meanwhile. */
  async #slept(ms: number): Promise<boolean> {
    const { signal } = this.#abort;
    await this.#options.clock.sleep(ms, signal).catch(() => {});
    return !signal.aborted;
  }

  #sendAll(topics: Iterable<string>): void {
    const sentAt = this.#options.clock.micros();
    for (const topic of topics) {
      if (this.#trySend(topic, sentAt)) this.#counters.sent++;
      else this.#counters.refused++;
    }
  }

  /** A driver that is closing, or whose broker is away, is no reason to end. */
  #trySend(topic: string, sentAt: number): boolean {
    const { id, epoch } = this.#publisher;
    const { intervalMs, replay, sink } = this.#options;
    const seq = this.#publisher.position(topic);
    const said = {
      publisher: id,
      epoch,
      topic,
      seq,
      sentAt: Math.max(0, sentAt),
      intervalMs,
      replay,
    };
    try {
      return sink.trySend(helloTopic(topic), encodeHello(said));
    } catch {
      return false;
    }
  }
}
