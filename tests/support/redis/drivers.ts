import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { DriverContext, PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { createRedisDriver } from "../../../drivers/pubsub/redis.ts";
import { createRedisStreamDriver } from "../../../drivers/pubsub/redis_stream.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** The addresses of servers, each as `host:port`. */
export interface RedisAddresses {
  readonly addresses?: readonly string[];
  /** The addresses of the sentinels that watch one master, named `mymaster`. */
  readonly sentinels?: readonly string[];
}

/**
 * Timeouts for tests that are not about silent servers. A busy machine must not make a server, or
 * this process, look silent.
 */
export const LONG_COMMAND_TIMEOUT: Overrides = { "df_redis.command_timeout": "30" };

/** Lines of redis.conf: a server keeps less for a slow subscriber than the contract's flood. */
export const SHORT_OUTPUT_BUFFER = ["client-output-buffer-limit pubsub 8mb 8mb 0"];

/** Settings of a driver for those servers. It notices a silent server after half a second. */
export function redisContext(
  { addresses = [], sentinels = [] }: RedisAddresses,
  overrides: Overrides = {},
): DriverContext {
  const settings = testSettings({
    "df.remote_db_hosts": addresses.join(","),
    "df_redis.sentinels": sentinels.join(","),
    "df_redis.ping_interval": "0.2",
    "df_redis.command_timeout": "0.5",
    "df_redis.connect_timeout": "3",
    ...overrides,
  });
  return { settings, log: silentLogger };
}

/** A driver of Redis channels on those servers. */
export function redisDriver(servers: RedisAddresses, overrides: Overrides = {}): PubSubDriver {
  return createRedisDriver(redisContext(servers, overrides));
}

/** A driver of Redis streams on those servers. */
export function redisStreamDriver(
  servers: RedisAddresses,
  overrides: Overrides = {},
): PubSubDriver {
  return createRedisStreamDriver(redisContext(servers, overrides));
}
