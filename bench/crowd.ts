import { mkdir } from "node:fs/promises";
import type { NativePrograms } from "./native.ts";
import { Sink, type SinkRound, Source } from "./native_ends.ts";
import { cpuSeconds } from "./process_stats.ts";
import { type Program, SOURCES } from "./program.ts";
import { startServe } from "./relay/running_relay.ts";

/** Bytes of each event. */
export const EVENT_BYTES = 250;
/** More than the events of a round, so that no queue overflows. */
const MARK = 50_000;

/** Options of a {@linkcode Crowd}. */
export interface CrowdOptions {
  readonly programs: NativePrograms;
  readonly subscribers: number;
  /** Number of topics that events and subscribers use in turn. @default 1 */
  readonly topics?: number;
}

/** The result of one round. */
export interface CrowdRound extends SinkRound {
  readonly cpuSeconds: number;
  /** Events that subscribers did not receive, summed over all subscribers. */
  readonly lost: number;
}

/** A publisher under measurement, its event source, and its subscribers in one C process. */
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

  /** The program's `serve`, fed by a pusher in C. Creates `directory` for its files. */
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

  /**
   * Sends `events` events at `rate` per second (0: as fast as possible), and waits until all have arrived.
   */
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

/** `serve` and a PUB socket in C, with equally many subscribers. Both end with `open`. */
export async function bothCrowds(
  directory: string,
  options: CrowdOptions,
  open: AsyncDisposableStack,
): Promise<[ours: Crowd, peer: Crowd]> {
  const ours = open.use(await Crowd.ofServe(directory, options));
  return [ours, open.use(await Crowd.ofPub(options))];
}
