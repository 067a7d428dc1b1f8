import { mkdir } from "node:fs/promises";
import type { NativePrograms } from "./native.ts";
import { Sink, Source } from "./native_ends.ts";
import { cpuSeconds } from "./process_stats.ts";
import { rowOf, type RowSpec, type Section } from "./report.ts";
import { startServe } from "./running_relay.ts";

/** How much is measured of fan-out. */
export interface FanOutEffort {
  readonly rounds: number;
  readonly subscribers: readonly number[];
  /** Per round, at {@linkcode FanOutEffort.rate} a second. */
  readonly events: number;
  readonly rate: number;
}

const EVENT_BYTES = 250;
/** More than a round has: nothing may be dropped for want of room. */
const MARK = 50_000;

/** A publisher under measurement, what feeds it, and who listens. */
interface Side {
  readonly pid: number;
  readonly source: Source;
  readonly sink: Sink;
  readonly cpuMicros: number[];
  readonly lost: number[];
  readonly perSecond: number[];
}

/** One publisher and its many subscribers: `serve`, beside a PUB socket in C. */
export async function measureFanOut(
  directory: string,
  programs: NativePrograms,
  effort: FanOutEffort,
): Promise<Section> {
  const specs: RowSpec[] = [];
  for (const subscribers of effort.subscribers) {
    await using open = new AsyncDisposableStack();
    const own = `${directory}/fan-${subscribers}`;
    await mkdir(own);
    const ours = await startOurs(own, { programs, subscribers, open });
    const peer = await startPeer({ programs, subscribers, open });
    for (let round = 0; round < effort.rounds; round++) {
      for (const side of [ours, peer]) await runRound(side, subscribers, effort);
    }
    specs.push(...specsOf(subscribers, ours, peer));
  }
  const title = `One publisher and its subscribers, on the loopback
${EVENT_BYTES}-byte events; median (least..most) of ${effort.rounds} interleaved rounds of \
${effort.events} events at ${effort.rate}/s`;
  return { title, rows: specs.map(rowOf) };
}

interface SideOptions {
  readonly programs: NativePrograms;
  readonly subscribers: number;
  readonly open: AsyncDisposableStack;
}

async function startOurs(
  directory: string,
  { programs, subscribers, open }: SideOptions,
): Promise<Side> {
  const relay = await startServe(directory, MARK);
  open.use(relay.child);
  const push = { programs, endpoint: relay.pushEndpoint, highWaterMark: MARK };
  const source = open.use(await Source.start("push", EVENT_BYTES, push));
  const listen = { programs, endpoint: relay.subscribeEndpoint, highWaterMark: MARK };
  const sink = open.use(new Sink(subscribers, listen));
  await source.probeUntil(sink.live);
  return { pid: relay.child.pid, source, sink, ...noFigures() };
}

async function startPeer({ programs, subscribers, open }: SideOptions): Promise<Side> {
  const bind = { programs, endpoint: "tcp://127.0.0.1:*", highWaterMark: MARK };
  const source = open.use(await Source.start("pub", EVENT_BYTES, bind));
  const sink = open.use(new Sink(subscribers, { ...bind, endpoint: source.endpoint }));
  await source.probeUntil(sink.live);
  return { pid: source.pid, source, sink, ...noFigures() };
}

function noFigures(): Pick<Side, "cpuMicros" | "lost" | "perSecond"> {
  return { cpuMicros: [], lost: [], perSecond: [] };
}

async function runRound(side: Side, subscribers: number, effort: FanOutEffort): Promise<void> {
  const { events, rate } = effort;
  const before = await cpuSeconds(side.pid);
  const { received, seconds } = await side.sink.count(
    events,
    () => side.source.send(events, rate),
  );
  const spent = await cpuSeconds(side.pid) - before;
  const deliveries = events * subscribers;
  side.cpuMicros.push(spent * 1e6 / deliveries);
  side.lost.push(deliveries - received);
  side.perSecond.push(received / seconds);
}

function specsOf(subscribers: number, ours: Side, peer: Side): RowSpec[] {
  const what = `${subscribers.toLocaleString("en")} subscribers`;
  const name = "PUB in C";
  return [
    { what: `${what}, lost`, unit: "events", ours: ours.lost, wanted: { most: 0 } },
    {
      what: `${what}, processor time`,
      unit: "µs/delivery",
      ours: ours.cpuMicros,
      peer: [name, peer.cpuMicros],
      wanted: { mostRatio: 1.5 },
    },
    {
      what: `${what}, delivered`,
      unit: "/s",
      ours: ours.perSecond,
      peer: [name, peer.perSecond],
    },
  ];
}
