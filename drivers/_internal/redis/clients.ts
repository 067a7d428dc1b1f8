import type { Cluster, ClusterOptions, RedisOptions } from "ioredis";
import { sleep, waitFor } from "../../contract/waiting.ts";
import type { ServerHost } from "../server_hosts.ts";
import type { RedisSettings } from "./settings.ts";

/**
 * The options of ioredis, without a choice of reply shapes that its own constructor does not
 * accept.
 */
export type RedisClientOptions = Omit<RedisOptions, "replyMapping">;

/** The options of ioredis for a cluster, with the options above for its nodes. */
export type RedisClusterOptions = Omit<ClusterOptions, "redisOptions"> & {
  readonly redisOptions: RedisClientOptions;
};

/** Maximum time for a graceful close of a socket before it is destroyed. */
const CLOSE_MS = 50;

/**
 * Options of every connection: nothing is queued while it is down, nothing is sent twice, and the
 * connection to a silent server is closed.
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
    disconnectTimeout: CLOSE_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: null,
    ...(tls === undefined ? {} : { tls }),
  };
}

/** The options for login and database. */
export function loginOptions({ login, db }: RedisSettings): RedisClientOptions {
  if (login === undefined) return { db };
  const { username, password } = login;
  return username === undefined ? { db, password } : { db, username, password };
}

/**
 * Options for a cluster. A command whose connection is lost fails and is not sent again, since it
 * may have been executed. Sockets resolve host names, so that certificates are checked by name.
 */
export function clusterOptions(redisOptions: RedisClientOptions): RedisClusterOptions {
  const { host: _host, port: _port, retryStrategy: _retry, ...nodes } = redisOptions;
  return {
    lazyConnect: true,
    scaleReads: "master",
    // The queue exists only for a node's first connection, and fails with that connection.
    enableOfflineQueue: true,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 1,
    slotsRefreshTimeout: redisOptions.connectTimeout,
    // The refresh of ioredis survives its own disconnect; RedisClusterSession refreshes instead.
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

/** Waits for a client's first connection. @throws the signal's reason, or the client's error */
export async function startClient(client: Startable, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // A cluster's client that finds the cluster down ends without settling `connect`.
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

/** Ends a client. Resolves when its socket is closed, or after `boundMs`. */
export async function endClient(client: Endable, boundMs: number): Promise<void> {
  if (client.status === "end") return;
  // A client between two attempts has no socket that could report its end.
  const waitMs = client.status === "reconnecting" ? CLOSE_MS + 50 : boundMs;
  const ended = new Promise<void>((resolve) => client.once("end", resolve));
  client.disconnect();
  await waitFor(ended, { timeoutMs: waitMs }, () => {});
}

/** Ends a cluster's client and all of its connections. */
export async function endCluster(cluster: Cluster, boundMs: number): Promise<void> {
  const ended = cluster.nodes("all").map((node) => endClient(node, boundMs));
  await Promise.all([endClient(cluster, boundMs), ...ended]);
  // The callback follows the end of a pending read of the slots. Without one it comes at once.
  await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  // Connections for such reads, and failed ones, get time for a graceful close.
  await sleep(CLOSE_MS + 20);
}

/** The options of ioredis for a host. */
export function hostOptions({ host, port }: ServerHost): RedisClientOptions {
  return { host, port };
}
