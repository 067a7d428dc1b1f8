import { fileURLToPath } from "node:url";
import * as registry from "../drivers/registry.ts";
import { silentLogger } from "../drivers/contract/logger.ts";
import { sleep } from "../drivers/contract/waiting.ts";
import { encodeUpdate } from "../service/event/codec/encode.ts";
import { dbUpdate } from "../service/event/db_update.ts";
import { waitApplied } from "../service/fleet/applied_wait.ts";
import { fetchPage } from "../service/fleet/page_client.ts";
import { placeOf } from "../service/fleet/service_place.ts";
import { Child } from "./child.ts";
import { benchSettings } from "./redis_settings.ts";
import { type Row, rowOf, type Section } from "./report.ts";
import { type RunningRelay, startServe } from "./running_relay.ts";

/** How often `/peers` and `/applied` are asked. */
export interface FleetEffort {
  readonly rounds: number;
}

const NODES = fileURLToPath(new URL("fleet_nodes.ts", import.meta.url));
const START_MS = 60_000;
const MARK = 50_000;
const PEERS = 1_000;
const MOST_OF_PEERS_MS = 50;
const WAITED_FOR = 500;
const MOST_OF_WAIT_MS = 20;
/** Nodes report by themselves after a second without a report, and otherwise when that is requested. */
const QUIET_MS = 1_200;
const BUSY_MS = 100;
const MAX_BYTES = 8 * 1024 * 1024;

/** The page of peers, and how soon it is known that every node has an event. */
export async function measureFleet(directory: string, { rounds }: FleetEffort): Promise<Section> {
  const service = await startServe(directory, MARK);
  await using open = new AsyncDisposableStack();
  open.use(service.child);
  const [quiet, busy] = await withNodes(service, WAITED_FOR, async (nodes) => [
    await waits(service, nodes, { rounds, pauseMs: QUIET_MS }),
    await waits(service, nodes, { rounds, pauseMs: BUSY_MS }),
  ]);
  const peers = await withNodes(service, PEERS, () => pages(service, rounds));
  const rows = [
    rowOf({
      what: `/peers with ${PEERS} peers`,
      unit: "ms",
      ours: peers,
      wanted: { most: MOST_OF_PEERS_MS },
    }),
    waitRow("after a quiet second", quiet),
    waitRow("after a tenth of one", busy),
  ];
  return { title: `Nodes of a service, all in one process; ${rounds} rounds`, rows };
}

function waitRow(when: string, ours: readonly number[] = []): Row {
  const what = `all of ${WAITED_FOR} nodes, ${when}: the answer after the last one had it`;
  return rowOf({ what, unit: "ms", ours, wanted: { most: MOST_OF_WAIT_MS } });
}

async function withNodes<T>(
  { subscribeEndpoint }: RunningRelay,
  count: number,
  work: (nodes: Child) => Promise<T>,
): Promise<T> {
  const args = ["run", "-A", NODES, subscribeEndpoint, String(count)];
  await using nodes = new Child(Deno.execPath(), args, { read: "stdout" });
  await nodes.line(/^live$/, START_MS);
  return await work(nodes);
}

/** Where the service answers, as it says to local publishers, and how it is sent an event. */
async function localEnd({ pushEndpoint }: RunningRelay) {
  const path = pushEndpoint.replace("ipc://", "");
  const settings = await benchSettings([`df.publisher_multiproc_socket=${path}`]);
  const driver = await registry.loadPubSubDriver("zmq_pubsub_multiproc_driver", {
    settings,
    log: silentLogger,
  });
  const publisher = await driver.openPublisher();
  const update = dbUpdate({ table: "lport", key: "k", action: "set", value: "v" });
  const payload = encodeUpdate(update, "map");
  const send = () => publisher.send("D", payload, { timeoutMs: START_MS });
  await send();
  const place = publisher.service && placeOf(publisher.service, pushEndpoint);
  if (place === undefined) throw new Error("the service does not say where its pages are");
  return { place, send, [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose]() };
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
    await end.send();
    const deadline = performance.now() + START_MS;
    await waitApplied(end.place, { topic: "D", nodes: { count: WAITED_FOR }, deadline });
    const knownAt = performance.timeOrigin + performance.now();
    const [, at] = await nodes.line(/^applied ([\d.]+)$/, START_MS);
    lateMs.push(Math.max(0, knownAt - Number(at)));
  }
  return lateMs;
}

async function pages(service: RunningRelay, rounds: number): Promise<number[]> {
  await using end = await localEnd(service);
  const url = new URL("/peers", end.place.pages);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await fetchPage(url, { timeoutMs: START_MS, maxBytes: MAX_BYTES });
    tookMs.push(performance.now() - start);
    await sleep(100);
  }
  return tookMs;
}
