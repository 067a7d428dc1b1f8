import { type BusEffort, EVENT_OCTETS, measureBuses } from "./redis_bus_bench.ts";
import { measurePolls, type PollEffort } from "./redis_poll_bench.ts";
import { measureRegistration, type RegistrationEffort } from "./redis_registration_bench.ts";
import { type RedisRow, redisRows } from "./redis_report.ts";
import { RedisServer } from "./redis_server.ts";

/** How much is measured of Redis. */
export type RedisEffort = BusEffort & PollEffort & RegistrationEffort;

/** What measuring Redis came to; part of the JSON of --json. */
export interface RedisResults {
  readonly rows: readonly RedisRow[];
  readonly effort: RedisEffort;
  readonly eventBytes: number;
  readonly server: string;
}

/** Measures all that is done on Redis, each part on a server of its own. */
export async function measureRedis(directory: string, effort: RedisEffort): Promise<RedisResults> {
  const onServer = async <T>(measure: (server: RedisServer) => Promise<T>): Promise<T> => {
    await using server = await RedisServer.start(directory);
    return await measure(server);
  };
  const server = await onServer((server) => server.description());
  const buses = await onServer((server) => measureBuses(server, effort));
  const polls = await onServer((server) => measurePolls(server, effort));
  const commands = await onServer((server) => measureRegistration(server, directory, effort));
  const rows = redisRows({ buses, polls, registrationCommands: commands, effort });
  return { rows, effort, eventBytes: EVENT_OCTETS, server };
}
