import { mkdir } from "node:fs/promises";
import type { NativePrograms } from "./native.ts";
import { Sink, type SinkRound, Source } from "./native_ends.ts";
import { cpuSeconds } from "./process_stats.ts";
import { type Program, SOURCES } from "./program.ts";
import { startServe } from "./running_relay.ts";

/** Bytes of each event. */
export const EVENT_BYTES = 250;
/** More than a round has: nothing may be dropped for want of room. */
const MARK = 50_000;

/** What a {@linkcode Crowd} is made of. */
export interface CrowdOptions {
  readonly programs: NativePrograms;
  readonly subscribers: number;
  /** Number of topics that events and subscribers take turns in. @default 1 */
  readonly topics?: number;
}

/** What one round came to. */
export interface CrowdRound extends SinkRound {
  readonly cpuSeconds: number;
  /** Events that a subscriber lacks, all together. */
  readonly lost: number;
}

/** A publisher under measurement, what feeds it, and its subscribers in one process in C. */
export class Crowd implements AsyncDisposable {
  readonly pid: number;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #deliveriesPerEvent: number;
  readonly #open: AsyncDisposableStack;

  private constructor(
    pid: number,
    { source, sink }: { readonly source: Source; readonly sink: Sink },
    deliveriesPerEvent: number,
    open: AsyncDisposableStack,
  ) {
    this.pid = pid;
    this.#source = source;
    this.#sink = sink;
    this.#deliveriesPerEvent = deliveriesPerEvent;
    this.#open = open;
  }

  /** The program's `serve`, fed by a pusher in C; its files are in `directory`, which is made. */
  static async ofServe(
    directory: string,
    options: CrowdOptions,
    program: Program = SOURCES,
  ): Promise<Crowd> {
    await using open = new AsyncDisposableStack();
    await mkdir(directory);
    const relay = await startServe(directory, MARK, { program });
    open.use(relay.child);
    const push = { ...options, endpoint: relay.pushEndpoint, highWaterMark: MARK };
    const source = open.use(await Source.start("push", EVENT_BYTES, push));
    const pid = relay.child.pid;
    return await Crowd.#gather({ pid, source, endpoint: relay.subscribeEndpoint }, options, open);
  }

  /** A PUB socket in C. */
  static async ofPub(options: CrowdOptions): Promise<Crowd> {
    await using open = new AsyncDisposableStack();
    const bind = { ...options, endpoint: "tcp://127.0.0.1:*", highWaterMark: MARK };
    const source = open.use(await Source.start("pub", EVENT_BYTES, bind));
    const { pid, endpoint } = source;
    return await Crowd.#gather({ pid, source, endpoint }, options, open);
  }

  static async #gather(
    { pid, source, endpoint }: {
      readonly pid: number;
      readonly source: Source;
      readonly endpoint: string;
    },
    options: CrowdOptions,
    open: AsyncDisposableStack,
  ): Promise<Crowd> {
    const { subscribers, topics = 1 } = options;
    const sink = open.use(new Sink(subscribers, { ...options, endpoint, highWaterMark: MARK }));
    await source.probeUntil(sink.live);
    return new Crowd(pid, { source, sink }, subscribers / topics, open.move());
  }

  /** Sends a number of events at a rate, 0 for as fast as it goes, and waits for all of them. */
  async run(events: number, rate: number): Promise<CrowdRound> {
    const before = await cpuSeconds(this.pid);
    const round = await this.#sink.count(events, () => this.#source.send(events, rate));
    const spent = await cpuSeconds(this.pid) - before;
    const lost = events * this.#deliveriesPerEvent - round.received;
    return { ...round, cpuSeconds: spent, lost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}

/** `serve` and a PUB socket in C, each with as many subscribers; both end with `open`. */
export async function bothCrowds(
  directory: string,
  options: CrowdOptions,
  open: AsyncDisposableStack,
): Promise<[ours: Crowd, peer: Crowd]> {
  const ours = open.use(await Crowd.ofServe(directory, options));
  return [ours, open.use(await Crowd.ofPub(options))];
}
