import { silentLogger } from "../../drivers/contract/logger.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { DriverContext, FramePublisher } from "../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../drivers/contract/send_group.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { systemClock } from "../../service/base/clock.ts";
import { RefusalLog } from "../../service/base/refusal_log.ts";
import { Subscriber } from "../../service/receive/subscriber.ts";
import { noteMedians, Pair } from "./pair.ts";
import { base64, type RawEtcd } from "./raw_etcd.ts";
import { benchEvent } from "../redis/event.ts";
import type { RowSpec } from "../report.ts";
import { timed } from "../samples.ts";

/** Bytes of every event. */
export const EVENT_BYTES = 250;
/** Puts of a transaction. */
export const BATCH = 128;
/** Number of requests under way at once, ours and the peer's. */
const REQUESTS = 4;
const TOPICS = BATCH * REQUESTS;

const payload = benchEvent(EVENT_BYTES);
const value = base64(payload);
const keyOf = (topic: string) => base64(`/pubsub/${topic}`);

interface Publishers {
  readonly publisher: FramePublisher;
  readonly plain: FramePublisher;
}

/** What is compared. */
export interface BusPeers {
  readonly context: DriverContext;
  /** The same without bursts. */
  readonly plain: DriverContext;
  readonly raw: RawEtcd;
}

/** The bus on etcd beside a bare client. */
export class EtcdBus implements AsyncDisposable {
  readonly #raw: RawEtcd;
  readonly #publisher: FramePublisher;
  /** Each of its events has a put of its own. */
  readonly #plain: FramePublisher;
  readonly #owned: AsyncDisposableStack;
  #figures = newFigures();
  #onOurs = () => {};
  #onRaw = () => {};

  static async open({ context, plain, raw }: BusPeers): Promise<EtcdBus> {
    await using undo = new AsyncDisposableStack();
    const driver = await loadPubSubDriver("etcd_pubsub_driver", context);
    const publisher = undo.use(await driver.openPublisher());
    const withoutBursts = await loadPubSubDriver("etcd_pubsub_driver", plain);
    const single = undo.use(await withoutBursts.openPublisher());
    const frames = undo.use(await driver.openSubscriber());
    const subscriber = new Subscriber(frames, {
      maxEventBytes: context.settings.get(pubSubMaxEventBytes),
      refusals: new RefusalLog("Subscriber", silentLogger, systemClock),
      clock: systemClock,
    });
    subscriber.registerTopic("ours");
    const ending = new AbortController();
    undo.defer(() => ending.abort());
    const bus = new EtcdBus(raw, { publisher, plain: single }, undo.move());
    void bus.#read(subscriber);
    await subscriber.ready();
    await raw.watch(keyOf("raw"), () => bus.#onRaw(), ending.signal);
    return bus;
  }

  private constructor(raw: RawEtcd, { publisher, plain }: Publishers, owned: AsyncDisposableStack) {
    this.#raw = raw;
    this.#publisher = publisher;
    this.#plain = plain;
    this.#owned = owned;
  }

  reset(): void {
    this.#figures = newFigures();
  }

  async #read(subscriber: Subscriber): Promise<void> {
    for await (const received of subscriber.received()) if (received.length > 0) this.#onOurs();
  }

  /** Event after event, in turns. */
  async publishOneByOne(events: number): Promise<void> {
    const times = new Pair();
    for (let n = 0; n < events; n++) {
      times.ours.push(await timed(() => this.#publisher.send("single", payload)));
      times.peer.push(await timed(() => this.#raw.put(keyOf("single"), value)));
    }
    noteMedians(this.#figures.single, times);
  }

  /** Events of many topics at once, and of one topic, beside transactions of as many puts. */
  async publishBatches(batches: number): Promise<void> {
    const events = batches * BATCH;
    const perSecond = (ms: number) => events * 1_000 / ms;
    const { many, one } = this.#figures;
    const topicOf = (n: number) => `many ${n % TOPICS}`;
    many.ours.push(perSecond(await timed(() => this.#flood(this.#plain, events, topicOf))));
    const peer = perSecond(await timed(() => this.#rawBatches(batches)));
    one.ours.push(perSecond(await timed(() => this.#flood(this.#publisher, events, () => "one"))));
    many.peer.push(peer);
    one.peer.push(peer);
  }

  async #flood(
    publisher: FramePublisher,
    events: number,
    topicOf: (n: number) => string,
  ): Promise<void> {
    const group = new SendGroup();
    for (let n = 0; n < events; n++) {
      while (!publisher.trySendIn?.(group, topicOf(n), payload)) await nextTask();
    }
    await group.settled();
    if (group.failures.length > 0) throw new Error(`not sent: ${group.failures[0]?.error}`);
  }

  async #rawBatches(batches: number): Promise<void> {
    let begun = 0;
    const sendInTurn = async (lane: number) => {
      const topics = Array.from({ length: BATCH }, (_, n) => keyOf(`raw ${lane} ${n}`));
      while (begun++ < batches) await this.#raw.putAll(topics.map((key) => ({ key, value })));
    };
    await Promise.all(Array.from({ length: REQUESTS }, (_, lane) => sendInTurn(lane)));
  }

  /** From before a put to its event, in turns. */
  async receive(events: number): Promise<void> {
    const times = new Pair();
    for (let n = 0; n < events; n++) {
      times.ours.push(await this.#untilReceived("ours", (resolve) => this.#onOurs = resolve));
      times.peer.push(await this.#untilReceived("raw", (resolve) => this.#onRaw = resolve));
    }
    noteMedians(this.#figures.received, times);
  }

  async #untilReceived(topic: string, listen: (onEvent: () => void) => void): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    listen(resolve);
    const start = performance.now();
    const put = this.#raw.put(keyOf(topic), value);
    await promise;
    const ms = performance.now() - start;
    await put;
    return ms;
  }

  rows(): RowSpec[] {
    const { single, many, one, received } = this.#figures;
    const batch = `transactions of ${BATCH} puts`;
    return [
      {
        what: "publish, one by one, p50",
        unit: "ms",
        ours: single.ours,
        peer: ["a put", single.peer],
        wanted: { maxRatio: 1.2 },
      },
      {
        what: `publish at once, ${TOPICS} topics, a put each`,
        unit: "events/s",
        ours: many.ours,
        peer: [batch, many.peer],
        wanted: { minRatio: 0.8 },
      },
      {
        what: "publish at once, one topic, in bursts",
        unit: "events/s",
        ours: one.ours,
        peer: [batch, one.peer],
        wanted: { minRatio: 0.8 },
      },
      {
        what: "from a put to the application, p50",
        unit: "ms",
        ours: received.ours,
        peer: ["a watch", received.peer],
        wanted: { maxRatio: 1.3 },
      },
    ];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

const newFigures = () => ({
  single: new Pair(),
  many: new Pair(),
  one: new Pair(),
  received: new Pair(),
});

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
