import type { NativePrograms } from "./native.ts";
import { cpuSeconds, memoryOf } from "./process_stats.ts";
import { bundledProgram } from "./program.ts";
import { RelayBench } from "./relay/relay_bench.ts";
import { LOAD } from "./relay/relay_section.ts";
import { rowOf, type RowSpec, type Section } from "./report.ts";
import { startServe } from "./relay/running_relay.ts";

const REST_MS = 12_000;

/** How much is measured of what a service takes that has little to do. */
export interface MemoryEffort {
  readonly rounds: number;
  /** How long the service idles, per round. */
  readonly idleSeconds: number;
  /** Events relayed before memory counts as that of a loaded service. */
  readonly events: number;
  /** Events relayed between two later samples. */
  readonly moreEvents: number;
}

/** Memory and processor time of `serve`, idle and after much work. */
export async function measureMemory(
  directory: string,
  programs: NativePrograms,
  effort: MemoryEffort,
): Promise<Section> {
  const program = await bundledProgram(directory);
  // Deno parses files that it has not seen before; the executable never does.
  await (await startServe(directory, LOAD.highWaterMark, { program })).child[Symbol.asyncDispose]();
  const relay = await startServe(directory, LOAD.highWaterMark, { program });
  await using open = new AsyncDisposableStack();
  open.use(relay.child);
  const idle = await measureIdle(relay.child.pid, effort);
  const bench = open.use(await RelayBench.start(relay, programs.load, LOAD));
  await bench.warmUp({ rounds: 1, warmUpEvents: effort.events, floodEvents: 0, paces: [] });
  const flood = { rounds: 1, warmUpEvents: 0, floodEvents: effort.moreEvents, paces: [] };
  for (let round = 0; round < effort.rounds; round++) await bench.flood(flood);
  const loaded = bench.figures.residentBytes.map(toMegabytes);
  // It looks every 5 s whether it rests, and gives back memory then.
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const rested = toMegabytes((await memoryOf(relay.child.pid)).resident);
  const specs = specsOf({ idle, loaded, rested }, effort);
  const title = `${relay.description}, by itself
idle: ${effort.rounds} samples, ${effort.idleSeconds} s each; then ${effort.events} events, and \
${effort.rounds} samples, each after ${effort.moreEvents} more`;
  return { title, rows: specs.map(rowOf) };
}

interface IdleFigures {
  readonly megabytes: number[];
  readonly percent: number[];
}

async function measureIdle(pid: number, effort: MemoryEffort): Promise<IdleFigures> {
  const figures: IdleFigures = { megabytes: [], percent: [] };
  for (let round = 0; round < effort.rounds; round++) {
    const [before, start] = [await cpuSeconds(pid), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, effort.idleSeconds * 1000));
    const spent = await cpuSeconds(pid) - before;
    figures.percent.push(spent * 1e5 / (performance.now() - start));
    figures.megabytes.push(toMegabytes((await memoryOf(pid)).resident));
  }
  return figures;
}

function toMegabytes(bytes: number): number {
  return bytes / 1e6;
}

interface MemoryFigures {
  readonly idle: IdleFigures;
  readonly loaded: number[];
  readonly rested: number;
}

function specsOf({ idle, loaded, rested }: MemoryFigures, { events }: MemoryEffort): RowSpec[] {
  const what = `after ${events.toLocaleString("en")} events`;
  const grown = Math.max(...loaded) - (loaded[0] ?? 0);
  return [
    { what: "resident, idle", unit: "MB", ours: idle.megabytes, wanted: { max: 55 } },
    { what: `resident, ${what}`, unit: "MB", ours: loaded, wanted: { max: 75 } },
    { what: "resident, at rest after them", unit: "MB", ours: [rested], wanted: { max: 70 } },
    { what: `grown, ${what}`, unit: "MB", ours: [grown], wanted: { max: 2 } },
    { what: "processor, idle", unit: "% of a core", ours: idle.percent, wanted: { max: 0.5 } },
  ];
}
