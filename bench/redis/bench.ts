import type { NativePrograms } from "../native.ts";
import { type BusEffort, EVENT_BYTES, measureBuses } from "./bus_bench.ts";
import { measurePolls, type PollEffort } from "./poll_bench.ts";
import { measureRegistration, type RegistrationEffort } from "./registration_bench.ts";
import { measureRedisRelays, type RedisRelayEffort } from "./relay_bench.ts";
import { redisRows } from "./report.ts";
import type { Section } from "../report.ts";
import { RedisServer } from "./server.ts";

/** The size of the Redis measurements. */
export type RedisEffort = BusEffort & PollEffort & RegistrationEffort & RedisRelayEffort;

/** Runs all Redis measurements, each with its own server. */
export async function measureRedis(
  directory: string,
  programs: NativePrograms,
  effort: RedisEffort,
): Promise<Section> {
  const onServer = async <T>(measure: (server: RedisServer) => Promise<T>): Promise<T> => {
    await using server = await RedisServer.start(directory);
    return await measure(server);
  };
  const server = await onServer((server) => server.description());
  const buses = await onServer((server) => measureBuses(server, effort));
  const relays = await onServer((server) =>
    measureRedisRelays(server, directory, { programs }, effort)
  );
  const polls = await onServer((server) => measurePolls(server, effort));
  const commands = await onServer((server) => measureRegistration(server, directory, effort));
  const rows = redisRows({ buses, relays, polls, registrationCommands: commands, effort });
  const title = `df-pubsub on ${server}
${EVENT_BYTES}-byte events; median (min..max) of ${effort.rounds} interleaved rounds of \
${effort.sentEvents} events sent, ${effort.receivedEvents} received, ${effort.floodEvents} relayed; \
none was lost`;
  return { title, rows };
}
