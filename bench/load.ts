import { Child } from "./child.ts";
import type { RunningRelay } from "./relay/running_relay.ts";

/** Options of a load. */
export interface LoadOptions {
  readonly eventBytes: number;
  readonly highWaterMark: number;
  /**
   * Maximum number of events in flight. Not above the high-water mark, so that no queue overflows.
   */
  readonly window: number;
}

/** The result of one round. */
export interface Round {
  /** Time at the subscriber from the first event to the last. */
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const LIVE_TIMEOUT_MS = 10_000;
const ROUND_TIMEOUT_MS = 60_000;
const REPORT = /^\{"sent":(\d+),"received":(\d+),"ns":(\d+),"p50Ns":(\d+),"p99Ns":(\d+)\}$/;

/** The native program that runs both ends of a relay. */
export class Load implements AsyncDisposable {
  readonly #child: Child;

  /** Connects both ends and waits until an event has arrived. */
  static async start(program: string, relay: RunningRelay, options: LoadOptions): Promise<Load> {
    const { eventBytes, highWaterMark, window } = options;
    const numbers = [eventBytes, highWaterMark, window].map(String);
    const args = [relay.pushEndpoint, relay.subscribeEndpoint, ...numbers];
    const child = new Child(program, args, { read: "stdout" });
    await child.line(/^live$/, LIVE_TIMEOUT_MS);
    return new Load(child);
  }

  private constructor(child: Child) {
    this.#child = child;
  }

  /**
   * Sends `events` events at `rate` per second, or as fast as possible when `rate` is 0.
   * @throws {Error} when an event is lost, since such a round measures nothing
   */
  async run(events: number, rate: number): Promise<Round> {
    await this.#child.write(`${events} ${rate}`);
    const [sent, received, ns, p50, p99] = (await this.#child.line(REPORT, ROUND_TIMEOUT_MS)).slice(
      1,
    ).map(Number);
    if (sent !== events || received !== events || ns === undefined) {
      throw new Error(`Round of ${events} events: ${sent} sent, ${received} received, wanted all`);
    }
    return {
      eventsPerSecond: (events - 1) / (ns / 1e9),
      p50Ms: (p50 ?? NaN) / 1e6,
      p99Ms: (p99 ?? NaN) / 1e6,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
