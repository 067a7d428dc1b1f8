import { sleep } from "../../drivers/contract/waiting.ts";
import { waitApplied } from "../../service/fleet/applied_wait.ts";
import { fetchPage } from "../../service/fleet/page_client.ts";
import type { Child } from "../child.ts";
import { localEnd, START_MS, startNodes } from "./fleet.ts";
import { type WatchedEffort, watchedRows } from "./fleet_watched.ts";
import type { NativePrograms } from "../native.ts";
import { type Row, rowOf, type Section } from "../report.ts";
import { type RunningRelay, startServe } from "../relay/running_relay.ts";
import { timed } from "../samples.ts";

/** How often `/peers` and `/applied` are asked, and what watchers cost. */
export interface FleetEffort {
  readonly rounds: number;
  readonly watched: WatchedEffort;
}

const MARK = 50_000;
const PEERS = 1_000;
const MAX_PEERS_MS = 50;
const WAITED_FOR = 500;
const MOST_OF_WAIT_MS = 20;
/** Nodes report by themselves after a second without a report, and otherwise when that is requested. */
const QUIET_MS = 1_200;
const BUSY_MS = 100;
const MAX_BYTES = 8 * 1024 * 1024;

/** The page of peers, and how soon it is known that every node has an event. */
export async function measureFleet(
  directory: string,
  programs: NativePrograms,
  { rounds, watched }: FleetEffort,
): Promise<Section> {
  const rows = [
    ...await askedRows(directory, rounds),
    ...await watchedRows(directory, programs, watched),
  ];
  return { title: `Nodes of a service, all in one process; ${rounds} rounds`, rows };
}

async function askedRows(directory: string, rounds: number): Promise<Row[]> {
  const service = await startServe(directory, MARK);
  await using _child = service.child;
  const { quiet, busy } = await waitTimes(service, rounds);
  const peers = await pageTimes(service, rounds);
  return [
    rowOf({
      what: `/peers with ${PEERS} peers`,
      unit: "ms",
      ours: peers,
      wanted: { max: MAX_PEERS_MS },
    }),
    waitRow("after a quiet second", quiet),
    waitRow("after a tenth of one", busy),
  ];
}

function waitRow(when: string, ours: readonly number[]): Row {
  const what = `all of ${WAITED_FOR} nodes, ${when}: the answer after the last one had it`;
  return rowOf({ what, unit: "ms", ours, wanted: { max: MOST_OF_WAIT_MS } });
}

async function waitTimes(service: RunningRelay, rounds: number) {
  await using nodes = await startNodes(service, WAITED_FOR);
  const quiet = await waits(service, nodes, { rounds, pauseMs: QUIET_MS });
  return { quiet, busy: await waits(service, nodes, { rounds, pauseMs: BUSY_MS }) };
}

async function waits(
  service: RunningRelay,
  nodes: Child,
  { rounds, pauseMs }: { readonly rounds: number; readonly pauseMs: number },
): Promise<number[]> {
  await using end = await localEnd(service);
  await nodes.line(/^applied/, START_MS);
  const lateMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await sleep(pauseMs);
    const sentAt = performance.timeOrigin + performance.now();
    await end.send();
    const deadline = performance.now() + START_MS;
    await waitApplied(end.place, { topic: "D", nodes: { count: WAITED_FOR }, deadline });
    const knownAt = performance.timeOrigin + performance.now();
    lateMs.push(Math.max(0, knownAt - await appliedSince(nodes, sentAt)));
  }
  return lateMs;
}

/** When the last node had the event that was sent then; monitors of the service send others. */
async function appliedSince(nodes: Child, sentAt: number): Promise<number> {
  for (;;) {
    const [, text] = await nodes.line(/^applied ([\d.]+)$/, START_MS);
    const at = Number(text);
    if (at >= sentAt) return at;
  }
}

async function pageTimes(service: RunningRelay, rounds: number): Promise<number[]> {
  await using _nodes = await startNodes(service, PEERS);
  await using end = await localEnd(service);
  const url = new URL("/peers", end.place.pages);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    tookMs.push(await timed(() => fetchPage(url, { timeoutMs: START_MS, maxBytes: MAX_BYTES })));
    await sleep(100);
  }
  return tookMs;
}
