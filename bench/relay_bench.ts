import { Load, type LoadOptions, type Round } from "./load.ts";
import { cpuSeconds, type Memory, memoryOf } from "./process_stats.ts";
import type { RunningRelay } from "./running_relay.ts";

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  readonly warmUpEvents: number;
  /** Per round, as fast as the relay takes them. */
  readonly floodEvents: number;
  /** Per round, at {@linkcode Effort.pacedRate} a second. */
  readonly pacedEvents: number;
  readonly pacedRate: number;
}

/** Every measurement of one relay, round by round. */
export interface RelayFigures {
  readonly eventsPerSecond: number[];
  readonly cpuMicrosPerEvent: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  readonly idleBytes: number[];
  readonly loadedBytes: number[];
  readonly peakBytes: number[];
}

/** One relay with a load of its own, and what has been measured of it. */
export class RelayBench implements AsyncDisposable {
  readonly #relay: RunningRelay;
  readonly #load: Load;
  readonly #figures: RelayFigures;

  /** Takes the relay's idle memory and then connects the load. */
  static async start(
    relay: RunningRelay,
    program: string,
    options: LoadOptions,
  ): Promise<RelayBench> {
    const idle = await memoryOf(relay.child.pid);
    return new RelayBench(relay, await Load.start(program, relay, options), idle);
  }

  private constructor(relay: RunningRelay, load: Load, idle: Memory) {
    this.#relay = relay;
    this.#load = load;
    this.#figures = {
      eventsPerSecond: [],
      cpuMicrosPerEvent: [],
      p50Ms: [],
      p99Ms: [],
      idleBytes: [idle.resident],
      loadedBytes: [],
      peakBytes: [],
    };
  }

  get figures(): RelayFigures {
    return this.#figures;
  }

  /** A flood that is not counted: code is compiled and buffers have grown after it. */
  async warmUp({ warmUpEvents }: Effort): Promise<void> {
    await this.#load.run(warmUpEvents, 0);
  }

  /** One round of flood: rate, processor time and memory. */
  async flood({ floodEvents }: Effort): Promise<void> {
    const { pid } = this.#relay.child;
    const before = await cpuSeconds(pid);
    const round = await this.#load.run(floodEvents, 0);
    const spent = await cpuSeconds(pid) - before;
    const { resident, peak } = await memoryOf(pid);
    this.#figures.eventsPerSecond.push(round.eventsPerSecond);
    this.#figures.cpuMicrosPerEvent.push(spent * 1e6 / floodEvents);
    this.#figures.loadedBytes.push(resident);
    this.#figures.peakBytes.push(peak);
  }

  /** One round at a steady rate: how long an event takes. */
  async pace({ pacedEvents, pacedRate }: Effort): Promise<void> {
    const { p50Ms, p99Ms }: Round = await this.#load.run(pacedEvents, pacedRate);
    this.#figures.p50Ms.push(p50Ms);
    this.#figures.p99Ms.push(p99Ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load[Symbol.asyncDispose]();
  }
}
