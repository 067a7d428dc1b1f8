import { setTimeout } from "node:timers/promises";
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import { loadPubSubDriver } from "../../drivers/registry.ts";
import { Child } from "../child.ts";
import { benchEvent } from "./event.ts";
import { type RedisServer, total, untilCounted } from "./server.ts";
import { benchSettings, serverSetting } from "./settings.ts";
import { programArguments } from "../relay/running_relay.ts";

/** The size of the measurement of a service's load on the database. */
export interface RegistrationEffort {
  readonly rounds: number;
  readonly relayedEvents: number;
}

const START_TIMEOUT_MS = 20_000;
const RELAY_TIMEOUT_MS = 30_000;
/** Time for commands that activity causes after the last event. */
const SETTLE_MS = 500;
const EVENT_BYTES = 250;

/**
 * Counts the commands that a service with Redis as database and bus sends while it relays, except
 * for PUBLISH. Returns one entry per round. Each round uses a new service, because its rate limiter
 * then still allows every write: the most expensive case.
 * @throws {Error} when an event is not relayed
 */
export async function measureRegistration(
  server: RedisServer,
  directory: string,
  { rounds, relayedEvents }: RegistrationEffort,
): Promise<number[]> {
  const commands: number[] = [];
  for (let round = 0; round < rounds; round++) {
    commands.push(await countCommands(server, directory, relayedEvents));
  }
  return commands;
}

async function countCommands(
  server: RedisServer,
  directory: string,
  events: number,
): Promise<number> {
  const overrides = serviceSettings(server.port, `${directory}/redis-socket`);
  const flags = [...overrides, "df.log_format=text"].flatMap((setting) => ["--set", setting]);
  const args = programArguments("serve", flags);
  await using service = new Child(Deno.execPath(), args, { read: "stderr" });
  await service.line(/^READY$/, START_TIMEOUT_MS);
  const settings = await benchSettings(overrides);
  const local = await loadPubSubDriver("zmq_pubsub_multiproc_driver", {
    settings,
    log: silentLogger,
  });
  await using publisher = await local.openPublisher();
  await server.resetCounts();
  await publishAll(publisher, events);
  await untilCounted(server, "publish", { times: events, timeoutMs: RELAY_TIMEOUT_MS });
  await setTimeout(SETTLE_MS);
  const counts = await server.counts();
  return total(counts) - (counts.get("publish") ?? 0);
}

function serviceSettings(port: number, socket: string): string[] {
  return [
    serverSetting(port),
    "df.nb_db_class=redis_nb_db_driver",
    "df.pub_sub_driver=redis_db_pubsub_driver",
    `df.publisher_multiproc_socket=${socket}`,
  ];
}

async function publishAll(publisher: FramePublisher, events: number): Promise<void> {
  const payload = benchEvent(EVENT_BYTES);
  for (let sent = 0; sent < events; sent++) {
    if (!publisher.trySend("D", payload)) await publisher.send("D", payload);
  }
}
