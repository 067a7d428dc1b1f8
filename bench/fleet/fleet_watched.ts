import { mkdir } from "node:fs/promises";
import { readFeed } from "../../cli/bus/service_feed.ts";
import { EVENT_BYTES } from "../crowd.ts";
import { localEnd, startNodes } from "./fleet.ts";
import { Load } from "../load.ts";
import type { NativePrograms } from "../native.ts";
import { Source } from "../native_ends.ts";
import { cpuSeconds } from "../process_stats.ts";
import { type Row, rowOf } from "../report.ts";
import { startServe } from "../relay/running_relay.ts";

/** How much is measured of a service that is watched. */
export interface WatchedEffort {
  readonly rounds: number;
  readonly peers: number;
  /** Per round, at {@linkcode WatchedEffort.rate} a second. */
  readonly events: number;
  readonly rate: number;
}

const MARK = 50_000;
/** Digits of the topics of `native/source.c`. */
const TOPIC_DIGITS = "7";
/** `top` and the page. */
const VIEWERS = 2;
const SILENCE_MS = 60_000;

/** A service under load, and its figures round by round. */
interface Side {
  readonly pid: number;
  readonly load: Load;
  readonly source: Source;
  readonly cpuMicros: number[];
  readonly p99s: number[];
}

/**
 * A service whose nodes report and that two viewers watch, beside one without either. Half of the
 * events are measured on their way, and the others are for one node each.
 */
export async function watchedRows(
  directory: string,
  programs: NativePrograms,
  effort: WatchedEffort,
): Promise<Row[]> {
  await using open = new AsyncDisposableStack();
  const watched = await openSide(`${directory}/watched`, { programs, effort, open });
  const alone = await openSide(`${directory}/alone`, { programs, effort, open }, "silent");
  for (let round = 0; round <= effort.rounds; round++) {
    for (const side of [watched, alone]) await runRound(side, effort, round > 0);
  }
  const what = `${effort.peers} nodes, ${effort.rate} events/s, with top, page and reports`;
  return [
    rowOf({
      what: `${what}: processor time`,
      unit: "µs/event",
      ours: watched.cpuMicros,
      peer: ["without", alone.cpuMicros],
      wanted: { maxRatio: 1.05 },
    }),
    rowOf({
      what: `${what}: latency p99`,
      unit: "ms",
      ours: watched.p99s,
      peer: ["without", alone.p99s],
      wanted: { maxRatio: 1.2 },
    }),
  ];
}

async function openSide(
  directory: string,
  { programs, effort, open }: {
    readonly programs: NativePrograms;
    readonly effort: WatchedEffort;
    readonly open: AsyncDisposableStack;
  },
  silent?: "silent",
): Promise<Side> {
  await mkdir(directory);
  const service = await startServe(directory, MARK);
  open.use(service.child);
  const more = silent === undefined ? [] : [silent];
  open.use(await startNodes(service, effort.peers, TOPIC_DIGITS, ...more));
  const push = { programs, endpoint: service.pushEndpoint, topics: effort.peers };
  const source = open.use(await Source.start("push", EVENT_BYTES, push));
  // Both number their rounds, and the load counts events by that: they are never in the same one.
  await source.send(1, 0);
  const options = { eventBytes: EVENT_BYTES, highWaterMark: MARK, window: 2_000 };
  const load = open.use(await Load.start(programs.load, service, options));
  if (silent === undefined) {
    const { place } = open.use(await localEnd(service));
    for (let viewer = 0; viewer < VIEWERS; viewer++) open.use(await view(place.pages));
  }
  return { pid: service.child.pid, load, source, cpuMicros: [], p99s: [] };
}

/** Reads the feed of a page until it is disposed of. */
async function view(pages: URL): Promise<AsyncDisposable> {
  const ended = new AbortController();
  const begun = Promise.withResolvers<void>();
  const reading = (async () => {
    const options = { token: undefined, silenceMs: SILENCE_MS, signal: ended.signal };
    for await (const _message of readFeed(pages, options)) begun.resolve();
  })();
  reading.catch(begun.reject);
  await begun.promise;
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await reading.catch(() => {});
    },
  };
}

async function runRound(
  { pid, load, source, cpuMicros, p99s }: Side,
  { events, rate }: WatchedEffort,
  isCounted: boolean,
): Promise<void> {
  const before = await cpuSeconds(pid);
  const [{ p99Ms }] = await Promise.all([
    load.run(events / 2, rate / 2),
    source.send(events / 2, rate / 2),
  ]);
  const spent = await cpuSeconds(pid) - before;
  if (!isCounted) return;
  cpuMicros.push(spent * 1e6 / events);
  p99s.push(p99Ms);
}
