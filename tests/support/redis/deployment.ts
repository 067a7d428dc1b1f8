import { Deployment, type Overrides } from "../deployment.ts";
import type { Program } from "../program.ts";

/** The addresses of servers, each as `host:port`. */
export interface RedisPlace {
  readonly addresses?: readonly string[];
  /** The addresses of the sentinels that watch the master. */
  readonly sentinels?: readonly string[];
}

/** The bus of Redis channels, which stores nothing. */
export const CHANNELS = { "df.pub_sub_driver": "redis_db_pubsub_driver" } as const;
/** The bus of Redis streams, which stores events. */
export const STREAMS = { "df.pub_sub_driver": "redis_stream_pubsub_driver" } as const;

/** A deployment with Redis as database and bus. Processes publish to Redis directly. */
export function redisDeployment(place: RedisPlace, overrides: Overrides = {}): Promise<Deployment> {
  return Deployment.create({
    "df.nb_db_class": "redis_nb_db_driver",
    "df.remote_db_hosts": (place.addresses ?? []).join(","),
    "df_redis.sentinels": (place.sentinels ?? []).join(","),
    "df.pub_sub_use_multiproc": false,
    "df_redis.connect_timeout": 3,
    "df_redis.command_timeout": 1,
    "df_redis.ping_interval": 0.3,
    ...CHANNELS,
    ...overrides,
  });
}

/** Starts a publisher service with any network driver, and waits until it is ready. */
export async function serveOnBroker(
  deployment: Deployment,
  overrides: Overrides = {},
): Promise<Program> {
  const program = deployment.start(["serve"], overrides);
  try {
    await program.stderr.waitFor(/^READY$/m);
    return program;
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}
