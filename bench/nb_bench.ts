import type { NativePrograms } from "./native.ts";
import { Sink, Source } from "./native_ends.ts";
import { cpuSeconds } from "./process_stats.ts";
import { EndProcess, type EndRound } from "./end_process.ts";
import { rowOf, type RowSpec, type Section } from "./report.ts";

/** The size of the receive measurement. */
export interface NbEffort {
  readonly rounds: number;
  readonly events: number;
}

const EVENT_BYTES = 250;

/** A receiving end with its own publisher, and its figures round by round. */
interface Side extends Figures {
  readonly run: (events: number) => Promise<EndRound>;
}

/**
 * The rate from the wire to an application's loop over `changes()`, compared with ends that do not
 * decode events.
 */
export async function measureNb(
  directory: string,
  programs: NativePrograms,
  { rounds, events }: NbEffort,
): Promise<Section> {
  await using open = new AsyncDisposableStack();
  const source = async () =>
    open.use(await Source.start("pub", EVENT_BYTES, { programs, endpoint: "tcp://127.0.0.1:*" }));
  const sides = [
    await receiveEnd("nb", await source(), directory, open),
    await receiveEnd("driver", await source(), directory, open),
    await nativeEnd(programs, await source(), open),
  ];
  for (let round = 0; round <= rounds; round++) {
    for (const { run, perSecond, cpu } of sides) {
      const figures = await run(events);
      if (round === 0) continue;
      perSecond.push(figures.eventsPerSecond);
      cpu.push(figures.cpuMicrosPerEvent);
    }
  }
  return sectionOf(sides, { rounds, events });
}

async function receiveEnd(
  kind: "nb" | "driver",
  feed: Source,
  directory: string,
  open: AsyncDisposableStack,
): Promise<Side> {
  const starting = EndProcess.start(new URL("receive_end.ts", import.meta.url), [
    kind,
    feed.endpoint,
    `${directory}/${kind}.sqlite`,
  ]);
  await feed.probeUntil(starting);
  const end = open.use(await starting);
  const run = (events: number) => end.run(events, () => feed.send(events, 0));
  return { run, perSecond: [], cpu: [] };
}

async function nativeEnd(
  programs: NativePrograms,
  feed: Source,
  open: AsyncDisposableStack,
): Promise<Side> {
  const sink = open.use(new Sink(1, { programs, endpoint: feed.endpoint }));
  await feed.probeUntil(sink.live);
  const run = async (events: number) => {
    const before = await cpuSeconds(sink.pid);
    const { received, seconds } = await sink.count(events, () => feed.send(events, 0));
    if (received !== events) throw new Error("The subscriber in C lost events");
    const spent = await cpuSeconds(sink.pid) - before;
    return { eventsPerSecond: events / seconds, cpuMicrosPerEvent: spent * 1e6 / events };
  };
  return { run, perSecond: [], cpu: [] };
}

interface Figures {
  readonly perSecond: number[];
  readonly cpu: number[];
}

function sectionOf(sides: readonly Figures[], { rounds, events }: NbEffort): Section {
  const [perSecond = [], driverPerSecond = []] = sides.map((side) => side.perSecond);
  const [cpu = [], driverCpu = [], nativeCpu = []] = sides.map((side) => side.cpu);
  const name = "the driver alone";
  const specs: RowSpec[] = [
    {
      what: "NbApi: change to application",
      unit: "events/s",
      ours: perSecond,
      peer: [name, driverPerSecond],
      wanted: { min: 100_000 },
    },
    {
      what: "processor time",
      unit: "µs/event",
      ours: cpu,
      peer: ["SUB in C", nativeCpu],
      wanted: { maxRatio: 1.5 },
    },
    { what: "processor time", unit: "µs/event", ours: cpu, peer: [name, driverCpu] },
  ];
  return {
    title: `Receiving, from one publisher on the loopback
${EVENT_BYTES}-byte events; median (min..max) of ${rounds} interleaved rounds of ${events}; none was lost`,
    rows: specs.map(rowOf),
  };
}
