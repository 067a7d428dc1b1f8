import type { Redis } from "ioredis";
import { isReply } from "./errors.ts";

/** Checks a server; returns why the server must not be used, or undefined. */
export type RedisCheck = (redis: Redis) => Promise<string | undefined>;

/** Checks that a server outside a cluster is a master. */
export async function checkIsMaster(redis: Redis): Promise<string | undefined> {
  const info = await redis.info("replication");
  return info.includes("\nrole:slave\r\n") ? "the server has become a replica" : undefined;
}

/** Time for which a cluster may be down, as a server sees it: longer than a failover. */
const CLUSTER_DOWN_MS = 10_000;

const downSince = new WeakMap<Redis, number>();

/**
 * Checks that a server of a cluster can reach most of the cluster: otherwise its events reach no
 * other server. A failover, during which masters still reach each other, is not a reason to leave.
 */
export async function checkClusterIsUp(redis: Redis): Promise<string | undefined> {
  const info = String(await redis.cluster("INFO"));
  if (!info.includes("cluster_state:fail")) return void downSince.delete(redis);
  const since = downSince.get(redis) ?? performance.now();
  downSince.set(redis, since);
  return performance.now() - since > CLUSTER_DOWN_MS ? "the cluster is down" : undefined;
}

/** Checks that a server replies: a connection with subscriptions allows nothing else. */
export async function checkAnswers(redis: Redis): Promise<string | undefined> {
  await redis.ping();
  return undefined;
}

/** A check that ignores a timeout: another part of the connection detects a silent server. */
export function unlessSilent(check: RedisCheck): RedisCheck {
  return (redis) =>
    check(redis).catch((error) => {
      if (isReply(error)) throw error;
      return undefined;
    });
}
