import type { Cluster, Redis } from "ioredis";
import { DriverError } from "../../../contract/errors.ts";
import { silentLogger } from "../../../contract/logger.ts";
import type { DriverContext } from "../../../contract/pubsub.ts";
import { endClient } from "../clients.ts";
import { connectRedis } from "../connect.ts";
import type { RedisConnection } from "../connection.ts";
import { startClient } from "../link_state.ts";
import { redisConnectTimeout, redisPingInterval } from "../options.ts";
import type { Session } from "./keeper.ts";
import { RedisNode } from "./node.ts";

/** Nothing that is lost comes back by itself: a new session is made instead. */
const OWN = {
  retryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResubscribe: false,
};

/** As long as a timer can run. */
const NEVER_MS = 2 ** 31 - 1;

/** What a connection to each master is opened for. */
export interface RoutesPurpose {
  /** Part of the name that the server lists the connections under. */
  readonly name: string;
  /** Whether topics live on the masters of their slots; otherwise any one master has all. */
  readonly isSpread: boolean;
  /** Whether the connections may be paused: then only their pings tell that a server is silent. */
  readonly mayPause?: boolean;
}

/**
 * Connections of our own to the servers that carry our topics, as the servers are arranged now;
 * lost as a whole as soon as one of them is lost. In a cluster whose every node carries every topic
 * one master is chosen at random.
 */
export class RedisRoutes implements Session {
  readonly connection: RedisConnection;
  readonly lost: Promise<string>;
  readonly #nodes: ReadonlyMap<string, RedisNode>;
  readonly #any: RedisNode;

  /** @throws {DriverError} `TRANSPORT_FAILED`, naming the servers */
  static async open(context: DriverContext, purpose: RoutesPurpose): Promise<RedisRoutes> {
    const quiet = { settings: context.settings, log: silentLogger };
    const code = "TRANSPORT_FAILED";
    const options = purpose.mayPause === true ? { ...OWN, socketTimeout: NEVER_MS } : OWN;
    const connection = await connectRedis(quiet, { name: purpose.name, code, options });
    try {
      const nodes = await openNodes(context, connection, purpose);
      const isNeeded = connection.kind !== "cluster" || purpose.isSpread;
      if (!isNeeded) await connection[Symbol.asyncDispose]();
      return new RedisRoutes(connection, nodes);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw connection.failure("connect", error);
    }
  }

  private constructor(connection: RedisConnection, nodes: ReadonlyMap<string, RedisNode>) {
    this.connection = connection;
    this.#nodes = nodes;
    const [any] = nodes.values();
    if (any === undefined) throw new DriverError("TRANSPORT_FAILED", "The cluster has no master");
    this.#any = any;
    this.lost = Promise.race([...nodes.values()].map((node) => node.lost));
  }

  /** Every connection there is. */
  get nodes(): readonly RedisNode[] {
    return [...this.#nodes.values()];
  }

  /** The connection that carries the topics of a slot. */
  node(slot: number): RedisNode {
    if (this.connection.kind !== "cluster" || this.#nodes.size === 1) return this.#any;
    return this.#nodes.get(masterKey(this.connection, slot)) ?? this.#any;
  }

  /** Gives all of it up. */
  fail(reason: string): void {
    this.#any.fail(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
    await this.connection[Symbol.asyncDispose]();
  }
}

/** The master of a slot as `host:port`, as far as a cluster's client knows. */
function masterKey(connection: RedisConnection, slot: number): string {
  const { client } = connection;
  return "slots" in client ? client.slots[slot]?.[0] ?? "" : "";
}

async function openNodes(
  context: DriverContext,
  connection: RedisConnection,
  { isSpread }: RoutesPurpose,
): Promise<ReadonlyMap<string, RedisNode>> {
  const pingMs = 1000 * context.settings.get(redisPingInterval);
  const { client, kind } = connection;
  if (kind !== "cluster" && isRedis(client)) {
    return new Map([["", new RedisNode(client, { pingMs })]]);
  }
  const masters = connection.masters();
  const chosen = isSpread ? masters : masters.slice(0).sort(() => Math.random() - 0.5).slice(0, 1);
  const timeoutMs = 1000 * context.settings.get(redisConnectTimeout);
  const opened = await Promise.allSettled(chosen.map((one) => openOwn(one, { timeoutMs, pingMs })));
  const nodes = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const failed = opened.find((one) => one.status === "rejected");
  if (failed === undefined) return new Map(nodes.map((node) => [keyOf(node.redis), node]));
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  throw failed.reason;
}

/** A connection beside one that a client manages, to the same server. */
export async function openOwn(
  beside: Redis,
  { timeoutMs, pingMs }: { readonly timeoutMs: number; readonly pingMs: number },
): Promise<RedisNode> {
  const redis = beside.duplicate({ ...OWN, lazyConnect: true });
  const errors: unknown[] = [];
  redis.on("error", (error) => errors.push(error));
  try {
    await startClient(redis, AbortSignal.timeout(timeoutMs));
    return new RedisNode(redis, { pingMs });
  } catch (error) {
    await endClient(redis, timeoutMs);
    throw errors[0] ?? error;
  }
}

function keyOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

function isRedis(client: Redis | Cluster): client is Redis {
  return !client.isCluster;
}
