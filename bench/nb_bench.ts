import type { NativePrograms } from "./native.ts";
import { Source } from "./native_ends.ts";
import { RedisEnd } from "./redis_end.ts";
import { rowOf, type Section } from "./report.ts";

/** How much is measured of receiving. */
export interface NbEffort {
  readonly rounds: number;
  readonly events: number;
}

const EVENT_BYTES = 250;

/** From the wire to the application's loop over `changes()`, beside the driver's batches alone. */
export async function measureNb(
  directory: string,
  programs: NativePrograms,
  { rounds, events }: NbEffort,
): Promise<Section> {
  await using open = new AsyncDisposableStack();
  const sides = [];
  for (const kind of ["nb", "driver"] as const) {
    const bind = { programs, endpoint: "tcp://127.0.0.1:*" };
    const feed = open.use(await Source.start("pub", EVENT_BYTES, bind));
    const args = [kind, feed.endpoint, `${directory}/${kind}.sqlite`];
    const starting = RedisEnd.start("receive_end.ts", args);
    await feed.probeUntil(starting);
    sides.push({
      feed,
      end: open.use(await starting),
      perSecond: [] as number[],
      cpu: [] as number[],
    });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { feed, end, perSecond, cpu } of sides) {
      const figures = await end.run(events, () => feed.send(events, 0));
      if (round === 0) continue;
      perSecond.push(figures.eventsPerSecond);
      cpu.push(figures.cpuMicrosPerEvent);
    }
  }
  return sectionOf(sides, { rounds, events });
}

interface Figures {
  readonly perSecond: readonly number[];
  readonly cpu: readonly number[];
}

function sectionOf([nb, driver]: readonly Figures[], { rounds, events }: NbEffort): Section {
  const name = "the driver alone";
  const rows = [
    {
      what: "NbApi: change to application",
      unit: "events/s",
      ours: nb?.perSecond ?? [],
      peer: [name, driver?.perSecond ?? []] as const,
      wanted: { least: 100_000 },
    },
    {
      what: "processor time",
      unit: "µs/event",
      ours: nb?.cpu ?? [],
      peer: [name, driver?.cpu ?? []] as const,
    },
  ].map(rowOf);
  return {
    title: `Receiving, from one publisher on the loopback
${EVENT_BYTES}-byte events; median (least..most) of ${rounds} interleaved rounds of ${events}; none was lost`,
    rows,
  };
}
