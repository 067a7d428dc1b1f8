import { Crowd, EVENT_BYTES } from "./crowd.ts";
import type { NativePrograms } from "./native.ts";
import { memoryOf } from "./process_stats.ts";
import { bundledProgram } from "./program.ts";
import { rowOf, type Section } from "./report.ts";
import { startServe } from "./relay/running_relay.ts";

/** The size of the memory measurement with many subscribers. */
export interface CrowdMemoryEffort {
  readonly rounds: number;
  readonly subscribers: number;
  /** Per round, at {@linkcode CrowdMemoryEffort.rate} per second. */
  readonly events: number;
  readonly rate: number;
  /** Number of events that first fill the log, at `fillRate` per second. */
  readonly fillEvents: number;
  readonly fillRate: number;
  /** Rounds before the measured ones. */
  readonly warmUpRounds: number;
}

/** Memory of `serve`, as it is shipped, with many subscribers. */
export async function measureCrowdMemory(
  directory: string,
  programs: NativePrograms,
  effort: CrowdMemoryEffort,
): Promise<Section> {
  const { rounds, subscribers, events, rate } = effort;
  const program = await bundledProgram(directory);
  // Deno parses files that it has not seen before; the executable never does.
  await (await startServe(directory, 1_000, { program })).child[Symbol.asyncDispose]();
  await using crowd = await Crowd.ofServe(`${directory}/crowd`, { programs, subscribers }, program);
  const megabytes: number[] = [];
  await crowd.run(effort.fillEvents, effort.fillRate);
  for (let round = -effort.warmUpRounds; round < rounds; round++) {
    const { lost } = await crowd.run(events, rate);
    if (lost > 0) throw new Error(`${lost} events were lost`);
    // In the warm-up V8 compiles code, and the service returns memory that only the fill needed.
    if (round >= 0) megabytes.push((await memoryOf(crowd.pid)).resident / 1e6);
  }
  const what = `${subscribers.toLocaleString("en")} subscribers`;
  const grown = Math.max(...megabytes) - (megabytes[0] ?? 0);
  const title = `serve ${program.name} with ${what}
${EVENT_BYTES}-byte events; median (min..max) of ${rounds} samples, each after ${events} more at ${rate}/s`;
  return {
    title,
    rows: [
      { what: `resident, ${what}`, unit: "MB", ours: megabytes, wanted: { max: 100 } },
      { what: `grown in ${rounds - 1} rounds`, unit: "MB", ours: [grown], wanted: { max: 2 } },
    ].map(rowOf),
  };
}
