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
import { rowOf, type Section } from "./report.ts";
import { type RunningRelay, startServe } from "./running_relay.ts";

/** How many times `/peers` and `/applied` are requested. */
export interface FleetEffort {
  readonly rounds: number;
}

const NODES = fileURLToPath(new URL("fleet_nodes.ts", import.meta.url));
const START_MS = 60_000;
const MARK = 50_000;
const PEERS = 1_000;
const MAX_PEERS_MS = 50;
const WAITED_FOR = 500;
const MAX_WAIT_MS = 20;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The response time of the peers page, and the delay until the service knows that every node has
 * applied an event.
 */
export async function measureFleet(directory: string, { rounds }: FleetEffort): Promise<Section> {
  const service = await startServe(directory, MARK);
  await using open = new AsyncDisposableStack();
  open.use(service.child);
  const late = await withNodes(service, WAITED_FOR, (nodes) => waits(service, nodes, rounds));
  const peers = await withNodes(service, PEERS, () => pages(service, rounds));
  const rows = [
    rowOf({
      what: `/peers with ${PEERS} peers`,
      unit: "ms",
      ours: peers,
      wanted: { max: MAX_PEERS_MS },
    }),
    rowOf({
      what: `wait for ${WAITED_FOR} nodes: reply after the last node applied the event`,
      unit: "ms",
      ours: late,
      wanted: { max: MAX_WAIT_MS },
    }),
  ];
  return { title: `Nodes of a service, all in one process; ${rounds} rounds`, rows };
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

/**
 * The address of the service's health pages, as it reports to local publishers, and a function that
 * publishes an event.
 */
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
  if (place === undefined) {
    throw new Error("the service does not report the address of its health pages");
  }
  return { place, send, [Symbol.asyncDispose]: () => publisher[Symbol.asyncDispose]() };
}

async function waits(service: RunningRelay, nodes: Child, rounds: number): Promise<number[]> {
  await using end = await localEnd(service);
  await nodes.line(/^applied/, START_MS);
  const lateMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await end.send();
    const deadline = performance.now() + START_MS;
    await waitApplied(end.place, { topic: "D", nodes: { count: WAITED_FOR }, deadline });
    const knownAt = performance.timeOrigin + performance.now();
    const [, at] = await nodes.line(/^applied ([\d.]+)$/, START_MS);
    lateMs.push(Math.max(0, knownAt - Number(at)));
    await sleep(100);
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
