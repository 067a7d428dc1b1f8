// Measures the relay beside libzmq's own proxy, the start of `publish` beside an empty program, and
// what is done on Redis beside its own tools. What is measured and how: README.md.
import { parseArgs } from "node:util";
import { messageOf } from "../drivers/contract/errors.ts";
import { measureColdStarts } from "./cold_start.ts";
import type { LoadOptions } from "./load.ts";
import { compileNative } from "./native.ts";
import { measureRedis, type RedisEffort, type RedisResults } from "./redis_bench.ts";
import { redisText } from "./redis_report.ts";
import { type Effort, RelayBench } from "./relay_bench.ts";
import { coldStartRow, relayRows, type Row, table } from "./report.ts";
import { type RunningRelay, serveFlags, startProxy, startServe } from "./running_relay.ts";

const LOAD: LoadOptions = { eventBytes: 250, highWaterMark: 50_000, window: 2_000 };

interface RelayEffort extends Effort {
  readonly coldStarts: number;
}

interface Efforts {
  readonly relay: RelayEffort;
  readonly redis: RedisEffort;
}

const FULL: Efforts = {
  relay: {
    rounds: 7,
    warmUpEvents: 500_000,
    floodEvents: 1_000_000,
    pacedEvents: 3_000,
    pacedRate: 1_000,
    coldStarts: 15,
  },
  redis: {
    rounds: 7,
    sentEvents: 307_200,
    heardEvents: 99_840,
    rows: 10_000,
    relayedEvents: 10_000,
  },
};

/** Enough to see that everything works; its figures say little. */
const QUICK: Efforts = {
  relay: {
    rounds: 2,
    warmUpEvents: 20_000,
    floodEvents: 50_000,
    pacedEvents: 200,
    pacedRate: 1_000,
    coldStarts: 2,
  },
  redis: {
    rounds: 2,
    sentEvents: 20_480,
    heardEvents: 20_480,
    rows: 10_000,
    relayedEvents: 10_000,
  },
};

/** What measuring the relay came to. */
interface RelayResults {
  readonly relay: readonly Row[];
  readonly coldStart: readonly Row[];
  readonly load: LoadOptions;
  readonly effort: Effort;
  readonly sides: readonly string[];
  readonly processors: number;
}

/** What one run came to; the JSON of --json, the relay's parts at its top. */
interface Results {
  readonly relay?: RelayResults;
  readonly redis?: RedisResults;
}

async function measure(directory: string, efforts: Efforts, only?: Part): Promise<Results> {
  return {
    ...(only === "redis" ? {} : { relay: await measureRelay(directory, efforts.relay) }),
    ...(only === "relay" ? {} : { redis: await measureRedis(directory, efforts.redis) }),
  };
}

async function measureRelay(directory: string, effort: RelayEffort): Promise<RelayResults> {
  const programs = await compileNative(directory);
  await using open = new AsyncDisposableStack();
  const begin = async (relay: RunningRelay) => {
    open.use(relay.child);
    return open.use(await RelayBench.start(relay, programs.load, LOAD));
  };
  const serve = await startServe(directory, LOAD.highWaterMark);
  const ours = await begin(serve);
  const proxy = await startProxy(programs.proxy, directory, LOAD.highWaterMark);
  const peer = await begin(proxy);
  await interleave([ours, peer], effort);
  const settings = serveFlags(directory, LOAD.highWaterMark);
  const coldStarts = await measureColdStarts(directory, settings, effort.coldStarts);
  return {
    relay: relayRows(ours.figures, peer.figures),
    coldStart: [coldStartRow(coldStarts)],
    load: LOAD,
    effort,
    sides: [serve.description, proxy.description],
    processors: navigator.hardwareConcurrency,
  };
}

/** Every round of one side is followed by the same of the other: what disturbs one hits both. */
async function interleave(benches: readonly RelayBench[], effort: Effort): Promise<void> {
  for (const bench of benches) await bench.warmUp(effort);
  for (let round = 0; round < effort.rounds; round++) {
    for (const bench of benches) await bench.flood(effort);
    for (const bench of benches) await bench.pace(effort);
  }
}

function text({ relay, redis }: Results): string {
  const tables = [
    ...(relay === undefined ? [] : [relayText(relay)]),
    ...(redis === undefined ? [] : [redisText(redis)]),
  ];
  return tables.join("\n\n");
}

function json({ relay, redis }: Results): string {
  return JSON.stringify({ ...relay, redis }, null, 2);
}

function relayText({ relay, coldStart, load, effort, sides, processors }: RelayResults): string {
  return `${sides.join(" beside ")}; ${processors} processors
${load.eventBytes}-byte events; median (least..most) of ${effort.rounds} interleaved rounds of \
${effort.floodEvents} events, and of ${effort.pacedEvents} at ${effort.pacedRate}/s; none was lost

${table(relay, "zmq_proxy")}

${table(coldStart, "empty Deno program")}`;
}

const PARTS = ["relay", "redis"] as const;
type Part = (typeof PARTS)[number];

/** @throws {TypeError} */
function partOf(text: string | undefined): Part | undefined {
  const part = PARTS.find((each) => each === text);
  if (part !== undefined || text === undefined) return part;
  throw new TypeError(`Flag --only: "${text}", wanted one of ${PARTS.join(", ")}`);
}

const { values: flags } = parseArgs({
  args: Deno.args,
  options: { json: { type: "boolean" }, quick: { type: "boolean" }, only: { type: "string" } },
});
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-bench-" });
try {
  const efforts = flags.quick ? QUICK : FULL;
  const results = await measure(directory, efforts, partOf(flags.only));
  console.log(flags.json ? json(results) : text(results));
} catch (error) {
  console.error(messageOf(error));
  Deno.exitCode = 1;
} finally {
  await Deno.remove(directory, { recursive: true });
}
