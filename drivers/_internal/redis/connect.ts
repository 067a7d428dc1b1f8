import type { DriverContext } from "../../contract/pubsub.ts";
import { RedisClusterLink } from "./cluster_link.ts";
import type { RedisLink, RedisPurpose } from "./connection.ts";
import { redisError } from "./errors.ts";
import { formatRedisHost } from "./hosts.ts";
import { RedisNodeLink } from "./node_link.ts";
import { probeRedis } from "./probe.ts";
import { readRedisSettings, type RedisSettings } from "./settings.ts";

/**
 * Connects to the Redis that the options describe, once: files that they name are read now, and the
 * master is looked for now.
 *
 * Commands fail at once when the connection is lost: nothing is queued, nothing is sent again.
 *
 * @throws {DriverError} of the purpose's code, within the connect timeout, naming each host and
 * what was wrong with it
 */
export async function connectRedis(
  { settings }: Pick<DriverContext, "settings">,
  purpose: RedisPurpose,
): Promise<RedisLink> {
  const { code } = purpose;
  const read = await readRedisSettings(settings).catch((thrown) => {
    throw redisError("connect", thrown, { code, label: "" });
  });
  try {
    return await dialRedis(read, purpose);
  } catch (thrown) {
    const username = read.login?.username;
    throw redisError("connect", thrown, { code, label: labelOf(read), username });
  }
}

/** The same with options that have been read. @throws the reason, without the name of the server */
export async function dialRedis(
  settings: RedisSettings,
  purpose: RedisPurpose,
): Promise<RedisLink> {
  const signal = AbortSignal.timeout(settings.connectTimeoutMs);
  const { acceptsReplica = false } = purpose;
  const found = await probeRedis(settings, { signal, acceptsReplica });
  const particulars = { label: labelOf(settings), purpose, found };
  const link = found.kind === "cluster"
    ? new RedisClusterLink(settings, particulars)
    : new RedisNodeLink(settings, particulars);
  await link.start(signal);
  return link;
}

function labelOf({ mode, hosts, masterName, tls }: RedisSettings): string {
  const scheme = tls === undefined ? "redis" : "rediss";
  const where = hosts.map(formatRedisHost).join(",");
  return mode === "sentinel"
    ? `${scheme}+sentinel://${where}/${masterName}`
    : `${scheme}://${where}`;
}
