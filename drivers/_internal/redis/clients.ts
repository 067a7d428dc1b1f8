import type { Cluster, ClusterOptions, RedisOptions } from "ioredis";
import { sleep, waitFor } from "../../contract/waiting.ts";
import type { ServerHost } from "../server_hosts.ts";
import type { RedisSettings } from "./settings.ts";

/** What ioredis takes, less a choice of reply shapes that its own constructor does not. */
export type RedisClientOptions = Omit<RedisOptions, "replyMapping">;

/** What ioredis takes for a cluster, with such options for its nodes. */
export type RedisClusterOptions = Omit<ClusterOptions, "redisOptions"> & {
  readonly redisOptions: RedisClientOptions;
};

/** How long a socket may take to say goodbye before it is destroyed. */
const GOODBYE_MS = 50;

/**
 * What every connection is made with: nothing is queued while it is down, nothing is sent twice,
 * and a server that stays silent is left.
 */
export function commonOptions(settings: RedisSettings): RedisClientOptions {
  const { tls, connectTimeoutMs, commandTimeoutMs } = settings;
  return {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: null,
    ...(tls === undefined ? {} : { tls }),
  };
}

/** The login and database. */
export function loginOptions({ login, db }: RedisSettings): RedisClientOptions {
  if (login === undefined) return { db };
  const { username, password } = login;
  return username === undefined ? { db, password } : { db, username, password };
}

/**
 * How a cluster is followed. A command whose connection is lost fails instead of being sent again:
 * it may have been done. Names are left to the socket, so that certificates are checked by name.
 */
export function clusterOptions(redisOptions: RedisClientOptions): RedisClusterOptions {
  const { host: _host, port: _port, retryStrategy: _retry, ...nodes } = redisOptions;
  return {
    lazyConnect: true,
    scaleReads: "master",
    // The queue only bridges a node's first connection; it fails with that connection.
    enableOfflineQueue: true,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 1,
    slotsRefreshTimeout: redisOptions.connectTimeout,
    // The refresh of ioredis survives its own disconnect; RedisClusterSession does it instead.
    slotsRefreshInterval: 0,
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: nodes,
  };
}

/** The part of a client that starts it. */
interface Startable {
  connect(): Promise<void>;
  once(event: "end", listener: () => void): unknown;
  off(event: "end", listener: () => void): unknown;
}

/** Waits for a client's first connection. @throws the signal's reason, or what the client met */
export async function startClient(client: Startable, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // A cluster's client that finds the cluster unfit ends without settling `connect`.
  const onEnd = () => reject(new Error("Connection is closed."));
  client.once("end", onEnd);
  try {
    await waitFor(Promise.race([client.connect(), ended]), { signal });
  } finally {
    client.off("end", onEnd);
  }
}

/** The part of a client that ends it. */
interface Endable {
  readonly status: string;
  once(event: "end", listener: () => void): unknown;
  disconnect(): void;
}

/** Ends a client and resolves when its socket is closed, or when `boundMs` are over. */
export async function endClient(client: Endable, boundMs: number): Promise<void> {
  if (client.status === "end") return;
  // A client between two tries has no socket left that could tell of its end.
  const waitMs = client.status === "reconnecting" ? GOODBYE_MS + 50 : boundMs;
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  await waitFor(ended, { timeoutMs: waitMs }, () => {});
}

/** Ends a cluster's client and every connection that it has. */
export async function endCluster(cluster: Cluster, boundMs: number): Promise<void> {
  const ended = cluster.nodes("all").map((node) => endClient(node, boundMs));
  await Promise.all([endClient(cluster, boundMs), ...ended]);
  // Called when a reading of the slots that was under way is over; at once when none was.
  await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  // Connections that readings made, and those that had failed, have their time to say goodbye.
  await sleep(GOODBYE_MS + 20);
}

/** A host as ioredis takes it. */
export function hostOptions({ host, port }: ServerHost): RedisClientOptions {
  return { host, port };
}
