import { bothCrowds, EVENT_BYTES } from "./crowd.ts";
import type { NativePrograms } from "./native.ts";
import { rowOf, type Section } from "./report.ts";
import { spread } from "./samples.ts";

/** The size of the measurement of single events. */
export interface RestEffort {
  readonly rounds: number;
  readonly subscribers: number;
  /** Per round, one at a time. */
  readonly events: number;
}

/** The pause between two events, long enough for every process to be idle. */
const REST_MS = 60;

/** Time from the sending of one event, with no other load, to the last of many subscribers. */
export async function measureRest(
  directory: string,
  programs: NativePrograms,
  { rounds, subscribers, events }: RestEffort,
): Promise<Section> {
  await using open = new AsyncDisposableStack();
  const crowds = await bothCrowds(`${directory}/rest`, { programs, subscribers }, open);
  const sides = crowds.map((crowd) => ({ crowd, medians: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    const times = sides.map((): number[] => []);
    for (let event = 0; event < events; event++) {
      for (const [index, { crowd }] of sides.entries()) {
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
        const { lost, lastMs } = await crowd.run(1, 0);
        if (lost > 0) throw new Error(`An event did not reach ${lost} of ${subscribers}`);
        times[index]?.push(lastMs);
      }
    }
    if (round === 0) continue;
    for (const [index, { medians }] of sides.entries()) {
      medians.push(spread(times[index] ?? []).median);
    }
  }
  const [ours, peer] = sides;
  const row = rowOf({
    what: `one event to the last of ${subscribers} subscribers`,
    unit: "ms",
    ours: ours?.medians ?? [],
    peer: ["PUB in C", peer?.medians ?? []],
    wanted: { maxRatio: 1 },
  });
  const title = `Single events, ${REST_MS} ms apart, on the loopback
${EVENT_BYTES}-byte events; median (min..max) of ${rounds} interleaved rounds, each the median of \
${events} events`;
  return { title, rows: [row] };
}
