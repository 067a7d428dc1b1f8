import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { pubSubDriver, pubSubWireFormat } from "../../service/config/options/pub_sub.ts";
import { Arrivals } from "./load/arrivals.ts";
import type { LoadStream } from "./load/load_event.ts";
import { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import { configuredPublisherUris } from "../../service/publishers/publisher_uris.ts";
import type { Composition } from "../composition.ts";
import { percent, type ReceivedFigures, throughput } from "./bench_result.ts";

/** Options of {@linkcode BenchSubscribers}. */
export interface BenchSubscribersOptions {
  readonly topics: readonly string[];
  readonly subscribers: number;
  /** Count only events of this load. @default any */
  readonly run?: string | undefined;
  /** Maximum number of events that each counts. @default no limit */
  readonly limit?: number | undefined;
  /** Time after the first event for which events do not count. @default 0 */
  readonly warmupMs?: number | undefined;
  /** Called each time a publisher becomes live at a subscriber. */
  readonly onLive?: (address: string) => void;
}

interface BenchSubscriber {
  readonly network: NetworkSubscriber;
  readonly arrivals: Arrivals;
}

/** Subscribers of a load, each like that of an application. */
export class BenchSubscribers implements AsyncDisposable {
  readonly #subscribers: readonly BenchSubscriber[];
  readonly #listensToAddresses: boolean;
  readonly #owned: AsyncDisposable;

  /** Opens the subscribers with one connection to the database. @throws {DriverError} */
  static async open(
    composition: Composition,
    options: BenchSubscribersOptions,
  ): Promise<BenchSubscribers> {
    const { config: settings, log, drivers } = composition;
    const context = { settings, log };
    const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
    await using undo = new AsyncDisposableStack();
    const db = undo.use(
      await drivers.loadDbDriver(settings.get(nbDbClass), { ...context, create: false }),
    );
    const subscribers: BenchSubscriber[] = [];
    for (let opened = 0; opened < options.subscribers; opened++) {
      const arrivals = arrivalsFor(composition, options);
      const network = undo.use(
        await NetworkSubscriber.open({
          ...composition,
          settings,
          driver,
          db,
          publisherUris: configuredPublisherUris(settings),
          topics: options.topics,
          onUpdates: (updates) => arrivals.receive(updates),
          onHealth: (event) => event.kind === "live" && options.onLive?.(event.address),
        }),
      );
      subscribers.push({ network, arrivals });
    }
    return new BenchSubscribers(subscribers, driver.traits.listensToAddresses, undo.move());
  }

  private constructor(
    subscribers: readonly BenchSubscriber[],
    listensToAddresses: boolean,
    owned: AsyncDisposable,
  ) {
    this.#subscribers = subscribers;
    this.#listensToAddresses = listensToAddresses;
    this.#owned = owned;
  }

  /** The arrivals at each subscriber. */
  get arrivals(): readonly Arrivals[] {
    return this.#subscribers.map(({ arrivals }) => arrivals);
  }

  /** Number of events that arrived at all subscribers together. */
  get received(): number {
    return this.arrivals.reduce((sum, { received }) => sum + received, 0);
  }

  /** When any subscriber received its last event, by the monotonic clock; undefined before. */
  get receivedAt(): number | undefined {
    const times = this.arrivals.flatMap(({ receivedAt }) =>
      receivedAt === undefined ? [] : [receivedAt]
    );
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /**
   * Resolves when every publisher is live at each subscriber.
   *
   * @throws {DriverError} `NO_PUBLISHER_SERVICE`
   */
  async ready(options: WaitOptions): Promise<void> {
    try {
      for (const { network } of this.#subscribers) {
        if (this.#listensToAddresses && network.publisherUris.length === 0) {
          throw new Error("the publishers table has no live publisher");
        }
        await network.ready(options);
      }
    } catch (error) {
      if (options.signal?.aborted) throw error;
      const hint = "check that df-pubsub serve runs and that df-pubsub publishers list shows it";
      const message = `No publisher is live: ${messageOf(error)}; ${hint}`;
      throw new DriverError("NO_PUBLISHER_SERVICE", message, { cause: error });
    }
  }

  /** Rejects if a broker refuses a topic. Resolves if it does not, or if there is no broker. */
  async accepted(options: WaitOptions): Promise<void> {
    if (this.#listensToAddresses) return;
    await Promise.all(this.#subscribers.map(({ network }) => network.ready(options)));
  }

  /** Notes the number of events in a stream, whether or not they were received. */
  expect(stream: LoadStream, sent: number): void {
    for (const { arrivals } of this.#subscribers) arrivals.expect(stream, sent);
  }

  /**
   * The figures of each subscriber. @param startAt start of the load; by default, of its first
   * event
   */
  figures(startAt?: number): ReceivedFigures[] {
    return this.#subscribers.map(({ arrivals }) => {
      const { received, bytes, expected, lost, duplicates, late, latency } = arrivals;
      const { firstAt = 0, lastAt = 0 } = arrivals;
      const ms = Math.max(0, lastAt - (startAt ?? firstAt));
      const lossPercent = percent(lost, expected);
      const counts = { expected, lost, lossPercent, duplicates, late, latency };
      return { ...throughput(received, bytes, received === 0 ? 0 : ms), ...counts };
    });
  }

  /** Closes the subscribers and the database. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#owned[Symbol.asyncDispose]());
  }
}

function arrivalsFor(
  { clock, config }: Composition,
  { run, limit, warmupMs }: BenchSubscribersOptions,
): Arrivals {
  return new Arrivals({ run, limit, warmupMs, format: config.get(pubSubWireFormat), clock });
}
