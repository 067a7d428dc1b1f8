import { Child } from "./child.ts";
import type { NativePrograms } from "./native.ts";

const START_TIMEOUT_MS = 20_000;
const ROUND_TIMEOUT_MS = 120_000;
const PROBE_EVERY_MS = 20;
const MARK = 1_000_000;

/** Options that the two native ends of a measurement share. */
export interface NativeEndOptions {
  readonly programs: NativePrograms;
  /** The address to bind or connect. */
  readonly endpoint: string;
  /** Maximum number of queued messages. @default a million */
  readonly highWaterMark?: number;
  /** Number of topics that events or subscribers use in turn. @default 1 */
  readonly topics?: number;
}

/** The native program that publishes or pushes. */
export class Source implements AsyncDisposable {
  readonly #child: Child;
  /** The address for subscribers. */
  readonly endpoint: string;

  /** Binds a publisher, or connects a pusher. */
  static async start(
    kind: "pub" | "push",
    eventBytes: number,
    { programs, endpoint, highWaterMark = MARK, topics = 1 }: NativeEndOptions,
  ): Promise<Source> {
    const args = [kind, endpoint, ...[eventBytes, highWaterMark, topics].map(String)];
    const child = new Child(programs.source, args, { read: "stdout" });
    const at = await child.line(/^at (\S*)$/, START_TIMEOUT_MS);
    return new Source(child, at[1] ?? "");
  }

  private constructor(child: Child, endpoint: string) {
    this.#child = child;
    this.endpoint = endpoint;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Sends `events` events at `rate` per second (0: as fast as possible). Resolves to the seconds it
   * took.
   */
  async send(events: number, rate: number): Promise<number> {
    await this.#child.write(`${events} ${rate}`);
    const report = await this.#child.line(/^\{"sent":\d+,"ns":(\d+)\}$/, ROUND_TIMEOUT_MS);
    return Number(report[1]) / 1e9;
  }

  /** Sends probes until the promise resolves. */
  async probeUntil(happened: Promise<unknown>): Promise<void> {
    let isOver = false;
    const end = happened.finally(() => isOver = true);
    while (!isOver) {
      await this.send(0, 0);
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    }
    await end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** The result of a round at a {@linkcode Sink}. */
export interface SinkRound {
  readonly received: number;
  /** Time from the first event to the last. */
  readonly seconds: number;
  /** Milliseconds between the sending of the last event and its last arrival. */
  readonly lastMs: number;
}

/** The native program with any number of subscribers. */
export class Sink implements AsyncDisposable {
  readonly #child: Child;
  readonly pid: number;
  /** Resolves when every subscriber has received a probe. */
  readonly live: Promise<unknown>;

  /** Connects the subscribers. They write what they receive to `file`, if there is one. */
  constructor(
    subscribers: number,
    { programs, endpoint, highWaterMark = MARK, topics = 1 }: NativeEndOptions,
    file?: string,
  ) {
    const args = [endpoint, ...[subscribers, highWaterMark, topics].map(String)];
    this.#child = new Child(programs.sink, [...args, ...(file === undefined ? [] : [file])], {
      read: "stdout",
    });
    this.pid = this.#child.pid;
    this.live = this.#child.line(/^live$/, START_TIMEOUT_MS);
  }

  /**
   * Counts the arrivals of a round, until every subscriber has its events or no event arrives for a
   * while.
   */
  async count(events: number, begin: () => Promise<unknown>): Promise<SinkRound> {
    await this.#child.write(String(events));
    await this.#child.line(/^ready$/, START_TIMEOUT_MS);
    await begin();
    const report = await this.#child.line(
      /^\{"received":(\d+),"ns":(\d+),"lastNs":(\d+)\}$/,
      ROUND_TIMEOUT_MS,
    );
    const [received = 0, ns = NaN, lastNs = NaN] = report.slice(1).map(Number);
    return { received, seconds: ns / 1e9, lastMs: lastNs / 1e6 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
