import { Load, type LoadOptions } from "../load.ts";
import { cpuSeconds, memoryOf } from "../process_stats.ts";
import type { RunningRelay } from "./running_relay.ts";

/** The size of a relay measurement. */
export interface RelayEffort {
  readonly rounds: number;
  readonly warmUpEvents: number;
  /** Per round, as fast as the relay accepts them. */
  readonly floodEvents: number;
  /** Per round, at each of the rates. */
  readonly paces: readonly Pace[];
}

/** A number of events at a steady rate. */
export interface Pace {
  readonly events: number;
  readonly rate: number;
}

/** Latencies at one rate, round by round. */
export interface PacedFigures {
  readonly p50Ms: number[];
  readonly p99Ms: number[];
}

/** Every measurement of one relay, round by round. */
export interface RelayFigures {
  readonly eventsPerSecond: number[];
  readonly cpuMicrosPerEvent: number[];
  /** After each flood. */
  readonly residentBytes: number[];
  readonly paced: ReadonlyMap<number, PacedFigures>;
}

/** A relay with its own load, and its measurements. */
export class RelayBench implements AsyncDisposable {
  readonly #pid: number;
  readonly #load: Load;
  readonly #figures: RelayFigures & { readonly paced: Map<number, PacedFigures> } = {
    eventsPerSecond: [],
    cpuMicrosPerEvent: [],
    residentBytes: [],
    paced: new Map(),
  };

  /** Connects the load. */
  static async start(
    relay: RunningRelay,
    program: string,
    options: LoadOptions,
  ): Promise<RelayBench> {
    return new RelayBench(relay.child.pid, await Load.start(program, relay, options));
  }

  private constructor(pid: number, load: Load) {
    this.#pid = pid;
    this.#load = load;
  }

  get figures(): RelayFigures {
    return this.#figures;
  }

  /** A flood that does not count: V8 compiles code and buffers grow. */
  async warmUp({ warmUpEvents }: RelayEffort): Promise<void> {
    await this.#load.run(warmUpEvents, 0);
  }

  /** One flood: rate, processor time and memory. */
  async flood({ floodEvents }: RelayEffort): Promise<void> {
    const before = await cpuSeconds(this.#pid);
    const round = await this.#load.run(floodEvents, 0);
    const spent = await cpuSeconds(this.#pid) - before;
    this.#figures.eventsPerSecond.push(round.eventsPerSecond);
    this.#figures.cpuMicrosPerEvent.push(spent * 1e6 / floodEvents);
    this.#figures.residentBytes.push((await memoryOf(this.#pid)).resident);
  }

  /** One round at a steady rate: latencies. */
  async pace({ events, rate }: Pace): Promise<void> {
    const { p50Ms, p99Ms } = await this.#load.run(events, rate);
    const figures = this.#figures.paced.get(rate) ?? { p50Ms: [], p99Ms: [] };
    this.#figures.paced.set(rate, figures);
    figures.p50Ms.push(p50Ms);
    figures.p99Ms.push(p99Ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#load[Symbol.asyncDispose]();
  }
}

/** Interleaves the rounds of all sides, so that a disturbance affects all of them. */
export async function interleave(
  benches: readonly RelayBench[],
  effort: RelayEffort,
): Promise<void> {
  for (const bench of benches) await bench.warmUp(effort);
  for (let round = 0; round < effort.rounds; round++) {
    for (const bench of benches) await bench.flood(effort);
    for (const pace of effort.paces) {
      for (const bench of benches) await bench.pace(pace);
    }
  }
}
