import { bothCrowds, EVENT_BYTES } from "./crowd.ts";
import type { NativePrograms } from "./native.ts";
import type { Pace } from "./relay/relay_bench.ts";
import { rowOf, type Section } from "./report.ts";

/** The size of the topics measurement. */
export interface TopicsEffort {
  readonly rounds: number;
  /** Each has its own topic. */
  readonly subscribers: number;
  readonly paces: readonly Pace[];
}

/** Many subscribers with one topic each. Every event is for one of them. */
export async function measureTopics(
  directory: string,
  programs: NativePrograms,
  { rounds, subscribers, paces }: TopicsEffort,
): Promise<Section> {
  await using open = new AsyncDisposableStack();
  const options = { programs, subscribers, topics: subscribers };
  const crowds = await bothCrowds(`${directory}/topics`, options, open);
  const figures = paces.map(() => crowds.map((): number[] => []));
  for (let round = 0; round <= rounds; round++) {
    for (const [at, { events, rate }] of paces.entries()) {
      for (const [index, crowd] of crowds.entries()) {
        const { cpuSeconds, lost } = await crowd.run(events, rate);
        if (lost > 0) throw new Error(`${lost} of ${events} events did not arrive`);
        if (round > 0) figures[at]?.[index]?.push(cpuSeconds * 1e6 / events);
      }
    }
  }
  const rows = paces.map(({ rate }, at) => {
    const [ours = [], peer = []] = figures[at] ?? [];
    return rowOf({
      what: `processor time, at ${rate.toLocaleString("en")}/s`,
      unit: "µs/event",
      ours,
      peer: ["PUB in C", peer],
      wanted: { maxRatio: 1 },
    });
  });
  const count = subscribers.toLocaleString("en");
  const paced = paces.map(({ events, rate }) => `${events} at ${rate}/s`).join(", ");
  const title = `${count} subscribers with a topic each, on the loopback
${EVENT_BYTES}-byte events; median (min..max) of ${rounds} interleaved rounds of ${paced}; none was lost`;
  return { title, rows };
}
