import type { DriverContext } from "../../contract/pubsub.ts";
import { RedisClusterSession } from "./cluster_session.ts";
import type { RedisPurpose } from "./connection.ts";
import { redisError } from "./errors.ts";
import { formatServerHost } from "../server_hosts.ts";
import { RedisNodeSession } from "./node_session.ts";
import { probeRedis } from "./probe.ts";
import type { RedisSession } from "./session.ts";
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
): Promise<RedisSession> {
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
): Promise<RedisSession> {
  const signal = AbortSignal.timeout(settings.connectTimeoutMs);
  const { acceptsReplica = false } = purpose;
  const found = await probeRedis(settings, { signal, acceptsReplica });
  const options = { label: labelOf(settings), purpose, found };
  const session = found.kind === "cluster"
    ? new RedisClusterSession(settings, options)
    : new RedisNodeSession(settings, options);
  await session.start(signal);
  return session;
}

function labelOf({ mode, hosts, masterName, tls }: RedisSettings): string {
  const scheme = tls === undefined ? "redis" : "rediss";
  const where = hosts.map(formatServerHost).join(",");
  return mode === "sentinel"
    ? `${scheme}+sentinel://${where}/${masterName}`
    : `${scheme}://${where}`;
}
