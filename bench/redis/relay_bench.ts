import { Child } from "../child.ts";
import type { NativePrograms } from "../native.ts";
import { Source } from "../native_ends.ts";
import { cpuSeconds } from "../process_stats.ts";
import { type Program, SOURCES } from "../program.ts";
import { type RedisServer, untilCounted } from "./server.ts";
import { serverSetting } from "./settings.ts";
import type { EndFigures } from "./bus_bench.ts";

/** The size of the measurement of a service whose bus is Redis. */
export interface RedisRelayEffort {
  readonly rounds: number;
  /** Per round and bus, as fast as the service accepts them. */
  readonly floodEvents: number;
}

/** The cost of relaying, by bus. */
export interface RedisRelayFigures {
  readonly relayChannels: EndFigures;
  readonly relayStreams: EndFigures;
}

/** A service that relays to a bus on Redis, and its load. */
interface RedisRelay {
  readonly pid: number;
  readonly source: Source;
  /** Redis' command for publishing one event. */
  readonly command: "publish" | "xadd";
}

const START_TIMEOUT_MS = 20_000;
const RELAY_TIMEOUT_MS = 120_000;
const EVENT_BYTES = 250;

/**
 * Measures `serve` with each bus, from the first event pushed until Redis has published the last.
 * The first round of both does not count.
 * @throws {Error} when an event is not relayed
 */
export async function measureRedisRelays(
  server: RedisServer,
  directory: string,
  { program = SOURCES, programs }: {
    readonly program?: Program;
    readonly programs: NativePrograms;
  },
  effort: RedisRelayEffort,
): Promise<RedisRelayFigures> {
  await using open = new AsyncDisposableStack();
  const start = async (driver: string, command: RedisRelay["command"]): Promise<RedisRelay> => {
    const socket = `${directory}/relay-${command}`;
    const flags = serviceFlags(driver, socket, server.port);
    const [path, ...first] = program.command;
    const child = open.use(new Child(path, [...first, "serve", ...flags], { read: "stderr" }));
    await child.line(/^READY$/, START_TIMEOUT_MS);
    const endpoint = `ipc://${socket}`;
    const source = await Source.start("push", EVENT_BYTES, { programs, endpoint });
    return { pid: child.pid, source: open.use(source), command };
  };
  const channels = await start("redis_db_pubsub_driver", "publish");
  const streams = await start("redis_stream_pubsub_driver", "xadd");
  const none = (): EndFigures => ({ eventsPerSecond: [], cpuMicrosPerEvent: [] });
  const figures: RedisRelayFigures = { relayChannels: none(), relayStreams: none() };
  for (let round = 0; round <= effort.rounds; round++) {
    // The first round is a warm-up for the compiler.
    const isWarmUp = round === 0;
    await flood(server, channels, effort, isWarmUp ? none() : figures.relayChannels);
    await flood(server, streams, effort, isWarmUp ? none() : figures.relayStreams);
  }
  return figures;
}

async function flood(
  server: RedisServer,
  { pid, source, command }: RedisRelay,
  { floodEvents }: RedisRelayEffort,
  figures: EndFigures,
): Promise<void> {
  await server.resetCounts();
  const before = await cpuSeconds(pid);
  const start = performance.now();
  await source.send(floodEvents, 0);
  await untilCounted(server, command, { times: floodEvents, timeoutMs: RELAY_TIMEOUT_MS });
  figures.eventsPerSecond.push(floodEvents * 1000 / (performance.now() - start));
  figures.cpuMicrosPerEvent.push((await cpuSeconds(pid) - before) * 1e6 / floodEvents);
}

function serviceFlags(driver: string, socket: string, port: number): string[] {
  return [
    serverSetting(port),
    "df.nb_db_class=redis_nb_db_driver",
    `df.pub_sub_driver=${driver}`,
    `df.publisher_multiproc_socket=${socket}`,
    "df.log_format=text",
  ].flatMap((setting) => ["--set", setting]);
}
