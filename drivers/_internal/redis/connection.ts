import type { Cluster, ClusterOptions, Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { RedisClientOptions } from "./clients.ts";
import { RedisClusterLink } from "./cluster_link.ts";
import { redisError, type RedisFailureCode } from "./errors.ts";
import { formatRedisHost } from "./hosts.ts";
import { RedisNodeLink } from "./node_link.ts";
import { probeRedis } from "./probe.ts";
import { readRedisSettings, type RedisSettings } from "./settings.ts";

/** What a connection is for. */
export interface RedisPurpose {
  /** Part of the name that the server lists the connection under: `df-pubsub-<name>`. */
  readonly name: string;
  /** What callers know a failure as. */
  readonly code: RedisFailureCode;
  /** Overrides of what every connection has; in a cluster, of every node's. */
  readonly options?: RedisClientOptions;
  /** Overrides for the client of a cluster. */
  readonly cluster?: Omit<ClusterOptions, "redisOptions">;
}

/** A client that has been connected once and is connected again whenever it is lost. */
export interface RedisConnection extends AsyncDisposable {
  readonly client: Redis | Cluster;
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** `redis://host:port,…`, and for sentinels the master's name; never a secret. */
  readonly label: string;
  /** A client for each master that is known now: each has rows of its own. */
  masters(): Redis[];
  /**
   * Does work that sends commands, and fails as soon as no server is connected: the client of a
   * cluster would hold the commands back until one is, however long that takes.
   */
  whileConnected<T>(work: () => Promise<T>): Promise<T>;
  /** Learns anew which masters there are; it never fails, old knowledge stays then. */
  refresh(): Promise<void>;
  /** What a command or the client threw, as callers know it; `action` as in {@linkcode redisError}. */
  failure(action: string, thrown: unknown): DriverError;
}

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
