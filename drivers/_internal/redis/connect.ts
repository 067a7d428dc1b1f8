import type { DriverContext } from "../../contract/pubsub.ts";
import { RedisClusterLink } from "./cluster_link.ts";
import type { RedisConnection, RedisPurpose } from "./connection.ts";
import { redisError } from "./errors.ts";
import { formatRedisHost } from "./hosts.ts";
import { RedisNodeLink } from "./node_link.ts";
import { probeRedis } from "./probe.ts";
import { readRedisSettings, type RedisSettings } from "./settings.ts";

/**
 * Connects to the Redis that the options describe.
 *
 * Commands fail at once while it is not connected: nothing is queued, nothing is sent again.
 *
 * @throws {DriverError} of the purpose's code, within the connect timeout, naming each host and
 * what was wrong with it
 */
export async function connectRedis(
  { settings, log }: DriverContext,
  purpose: RedisPurpose,
): Promise<RedisConnection> {
  const { code } = purpose;
  const read = await readRedisSettings(settings).catch((thrown) => {
    throw redisError("connect", thrown, { code, label: "" });
  });
  const label = labelOf(read);
  const signal = AbortSignal.timeout(read.connectTimeoutMs);
  try {
    const { kind, host } = await probeRedis(read, { signal });
    const particulars = { label, log, purpose, kind, host };
    const link = kind === "cluster"
      ? new RedisClusterLink(read, particulars)
      : new RedisNodeLink(read, particulars);
    await link.start(signal);
    return link;
  } catch (thrown) {
    throw redisError("connect", thrown, { code, label, username: read.login?.username });
  }
}

function labelOf({ mode, hosts, masterName, tls }: RedisSettings): string {
  const scheme = tls === undefined ? "redis" : "rediss";
  const where = hosts.map(formatRedisHost).join(",");
  return mode === "sentinel"
    ? `${scheme}+sentinel://${where}/${masterName}`
    : `${scheme}://${where}`;
}
