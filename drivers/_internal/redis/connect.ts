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
 * Connects once to the Redis that the options describe. Files in the options are read now, and the
 * master is searched now.
 *
 * Commands fail at once when the connection is lost: nothing is queued or sent again.
 *
 * @throws {DriverError} `CONFIG_INVALID`, `FILE_UNUSABLE`, or the code of the purpose within the
 * connect timeout; the message names each host and its problem
 */
export async function connectRedis(
  { settings }: Pick<DriverContext, "settings">,
  purpose: RedisPurpose,
): Promise<RedisSession> {
  const read = await readRedisSettings(settings);
  try {
    return await dialRedis(read, purpose);
  } catch (thrown) {
    const username = read.login?.username;
    throw redisError("connect", thrown, { code: purpose.code, label: labelOf(read), username });
  }
}

/**
 * Connects with options that were read before. @throws the reason, without the name of the server
 */
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
