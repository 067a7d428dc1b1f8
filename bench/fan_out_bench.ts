import { bothCrowds, type Crowd, EVENT_BYTES } from "./crowd.ts";
import type { NativePrograms } from "./native.ts";
import { rowOf, type RowSpec, type Section } from "./report.ts";

/** The size of the fan-out measurement. */
export interface FanOutEffort {
  readonly rounds: number;
  readonly subscribers: readonly number[];
  /** Per round, at {@linkcode FanOutEffort.rate} per second. */
  readonly events: number;
  readonly rate: number;
}

/** A publisher with its subscribers, and its figures round by round. */
interface Side {
  readonly crowd: Crowd;
  readonly cpuMicros: number[];
  readonly lost: number[];
  readonly perSecond: number[];
}

/** One publisher with many subscribers: `serve`, compared with a PUB socket in C. */
export async function measureFanOut(
  directory: string,
  programs: NativePrograms,
  effort: FanOutEffort,
): Promise<Section> {
  const specs: RowSpec[] = [];
  for (const subscribers of effort.subscribers) {
    await using open = new AsyncDisposableStack();
    const crowds = await bothCrowds(
      `${directory}/fan-${subscribers}`,
      { programs, subscribers },
      open,
    );
    const sides = crowds.map((crowd): Side => ({ crowd, cpuMicros: [], lost: [], perSecond: [] }));
    for (let round = 0; round < effort.rounds; round++) {
      for (const side of sides) await runRound(side, subscribers, effort);
    }
    specs.push(...specsOf(subscribers, sides));
  }
  const title = `One publisher and its subscribers, on the loopback
${EVENT_BYTES}-byte events; median (min..max) of ${effort.rounds} interleaved rounds of \
${effort.events} events at ${effort.rate}/s`;
  return { title, rows: specs.map(rowOf) };
}

async function runRound(side: Side, subscribers: number, effort: FanOutEffort): Promise<void> {
  const { events, rate } = effort;
  const { received, seconds, cpuSeconds, lost } = await side.crowd.run(events, rate);
  side.cpuMicros.push(cpuSeconds * 1e6 / (events * subscribers));
  side.lost.push(lost);
  side.perSecond.push(received / seconds);
}

function specsOf(subscribers: number, [ours, peer]: readonly Side[]): RowSpec[] {
  const what = `${subscribers.toLocaleString("en")} subscribers`;
  const name = "PUB in C";
  return [
    { what: `${what}, lost`, unit: "events", ours: ours?.lost ?? [], wanted: { max: 0 } },
    {
      what: `${what}, processor time`,
      unit: "µs/delivery",
      ours: ours?.cpuMicros ?? [],
      peer: [name, peer?.cpuMicros ?? []],
      wanted: { maxRatio: 1.5 },
    },
    {
      what: `${what}, delivered`,
      unit: "/s",
      ours: ours?.perSecond ?? [],
      peer: [name, peer?.perSecond ?? []],
    },
  ];
}
