import { silentLogger } from "../../drivers/contract/logger.ts";
import type { DriverContext, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { createRedisDriver } from "../../drivers/pubsub/redis.ts";
import { createRedisStreamDriver } from "../../drivers/pubsub/redis_stream.ts";
import { type Overrides, testSettings } from "./test_settings.ts";

/** Where servers listen: each `host:port`. */
export interface RedisAddresses {
  readonly addresses?: readonly string[];
  /** Those of one master that these sentinels watch, as `mymaster`. */
  readonly sentinels?: readonly string[];
}

/**
 * For tests that are not about silent servers: a server that waits for a processor is not taken for a
 * silent one, and neither is one whose answers this process has had no time to read.
 */
export const LONG_COMMAND_TIMEOUT: Overrides = { "df_redis.command_timeout": "30" };

/** What a driver for those servers is given: it notices a silent server after half a second. */
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

/** A driver of channels on those servers. */
export function redisDriver(servers: RedisAddresses, overrides: Overrides = {}): PubSubDriver {
  return createRedisDriver(redisContext(servers, overrides));
}

/** A driver of streams on those servers. */
export function redisStreamDriver(
  servers: RedisAddresses,
  overrides: Overrides = {},
): PubSubDriver {
  return createRedisStreamDriver(redisContext(servers, overrides));
}
