import type { Cluster, Redis } from "ioredis";
import { DriverError } from "../../../contract/errors.ts";
import type { DriverContext } from "../../../contract/pubsub.ts";
import { connectRedis } from "../connect.ts";
import type { RedisConnection } from "../connection.ts";
import { explainRedis } from "../errors.ts";
import { redisConnectTimeout, redisPingInterval } from "../options.ts";
import type { Session } from "../../broker/session_keeper.ts";
import { Reason } from "../../reason.ts";
import { type BesideOptions, OWN, RedisNode } from "../node.ts";
import { checkAnswers, checkClusterIsUp, checkIsMaster, unlessSilent } from "../role.ts";
import type { RedisSession } from "../session.ts";

/** The connection to the server of a slot, if there is one. */
export type RedisOfSlot = (slot: number) => Redis | undefined;

/** The maximum of a timer. */
export const NEVER_MS = 2 ** 31 - 1;

/** The purpose of connections to the masters. */
export interface RoutesPurpose {
  /** Part of the connections' name at the server. */
  readonly name: string;
  /** Whether topics belong to the masters of their slots; otherwise any master has all topics. */
  readonly isSpread: boolean;
  /**
   * Whether the connections subscribe to channels, and pause when the reader is slow. Such a
   * connection allows only PING, which detects a silent server; another connection checks the role
   * of the server.
   */
  readonly subscribes?: boolean;
}

/**
 * Own connections to the servers that carry our topics in their current arrangement; all are lost
 * as soon as one of them is lost. If every node of a cluster carries every topic, one master is
 * chosen at random.
 */
export class RedisRoutes implements Session {
  readonly connection: RedisConnection;
  readonly lost: Promise<string>;
  readonly #nodes: ReadonlyMap<string, RedisNode>;
  /** The connections that check the servers of subscribed ones. */
  readonly #watchers: readonly RedisNode[];
  readonly #any: RedisNode;
  readonly #hasSlots: boolean;

  /** @throws {DriverError} `TRANSPORT_FAILED` with the servers */
  static async open(context: DriverContext, purpose: RoutesPurpose): Promise<RedisRoutes> {
    const code = "TRANSPORT_FAILED";
    const options = purpose.subscribes === true ? { ...OWN, socketTimeout: NEVER_MS } : OWN;
    const connection = await connectRedis(context, { name: purpose.name, code, options });
    await using undo = new AsyncDisposableStack();
    undo.use(connection);
    try {
      const opened = await openNodes(context, connection, purpose);
      for (const node of [...opened.nodes.values(), ...opened.watchers]) undo.use(node);
      const isNeeded = connection.kind !== "cluster" || opened.hasSlots;
      if (!isNeeded) await connection[Symbol.asyncDispose]();
      const routes = new RedisRoutes(connection, opened);
      undo.move();
      return routes;
    } catch (error) {
      throw connection.failure("connect", error);
    }
  }

  private constructor(connection: RedisConnection, { hasSlots, nodes, watchers }: OpenedNodes) {
    this.connection = connection;
    this.#hasSlots = hasSlots;
    this.#nodes = nodes;
    this.#watchers = watchers;
    const [any] = nodes.values();
    if (any === undefined) throw new DriverError("TRANSPORT_FAILED", "The cluster has no master");
    this.#any = any;
    this.lost = Promise.race([...nodes.values(), ...watchers].map((node) => node.lost));
  }

  /** All connections. */
  get nodes(): readonly RedisNode[] {
    return [...this.#nodes.values()];
  }

  /**
   * The connection that carries the topics of a slot. If the slot has moved to a master without a
   * connection, the session ends: the next session connects to the current masters.
   */
  node(slot: number): RedisNode {
    const master = this.#hasSlots ? masterKey(this.connection, slot) : "";
    const node = master === "" ? this.#any : this.#nodes.get(master);
    if (node === undefined) this.fail(`slot ${slot} of the cluster has moved to ${master}`);
    return node ?? this.#any;
  }

  /** The connection to a server of a cluster, if there is one. */
  nodeAt(address: string): RedisNode | undefined {
    return this.#nodes.get(address);
  }

  /** Marks all connections as lost: none of them accepts a command after that. */
  fail(reason: string): void {
    for (const node of this.#nodes.values()) node.fail(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.nodes, ...this.#watchers];
    await Promise.all(all.map((node) => node[Symbol.asyncDispose]()));
    await this.connection[Symbol.asyncDispose]();
  }
}

/** The master of a slot as `host:port`, if the cluster's client knows it. */
function masterKey(connection: RedisConnection, slot: number): string {
  const { client } = connection;
  return "slots" in client ? client.slots[slot]?.[0] ?? "" : "";
}

interface OpenedNodes {
  /** Whether each connection carries only the topics whose slots its master has. */
  readonly hasSlots: boolean;
  readonly nodes: ReadonlyMap<string, RedisNode>;
  readonly watchers: readonly RedisNode[];
}

async function openNodes(
  { settings }: DriverContext,
  connection: RedisSession,
  { isSpread, subscribes = false }: RoutesPurpose,
): Promise<OpenedNodes> {
  const pingMs = 1000 * settings.get(redisPingInterval);
  const timeoutMs = 1000 * settings.get(redisConnectTimeout);
  const { client, kind } = connection;
  const check = kind === "cluster" ? checkClusterIsUp : checkIsMaster;
  const isNamed = kind === "cluster";
  const own = { pingMs, timeoutMs, isNamed, check: subscribes ? checkAnswers : check };
  await using undo = new AsyncDisposableStack();
  const nodes = kind !== "cluster" && isRedis(client)
    ? new Map([["", new RedisNode(client, own)]])
    : await openMasters(chosenMasters(connection, isSpread), own);
  for (const node of nodes.values()) undo.use(node);
  const beside = subscribes ? [...nodes.values()].map(({ redis }) => redis) : [];
  const watchers = await openMasters(beside, { ...own, check: unlessSilent(check) });
  undo.move();
  const hasSlots = kind === "cluster" && isSpread;
  return { hasSlots, nodes, watchers: [...watchers.values()] };
}

/** All masters, or any one if each has every topic. */
function chosenMasters(connection: RedisConnection, isSpread: boolean): readonly Redis[] {
  const masters = connection.masters();
  return isSpread ? masters : masters.toSorted(() => Math.random() - 0.5).slice(0, 1);
}

interface OpenOptions extends BesideOptions {
  /** Whether reasons name the server. */
  readonly isNamed: boolean;
}

async function openMasters(
  masters: readonly Redis[],
  options: OpenOptions,
): Promise<ReadonlyMap<string, RedisNode>> {
  const opened = await Promise.allSettled(masters.map((one) => openMaster(one, options)));
  const nodes = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const failed = opened.find((one) => one.status === "rejected");
  if (failed === undefined) return new Map(nodes.map((node) => [keyOf(node.redis), node]));
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  throw failed.reason;
}

async function openMaster(
  master: Redis,
  { isNamed, ...options }: OpenOptions,
): Promise<RedisNode> {
  if (!isNamed) return await RedisNode.beside(master, options);
  const name = keyOf(master);
  try {
    return await RedisNode.beside(master, { ...options, name });
  } catch (error) {
    throw new Reason(`${name}: ${explainRedis(error, master.options.username)}`);
  }
}

function keyOf({ options }: Redis): string {
  return `${options.host}:${options.port}`;
}

function isRedis(client: Redis | Cluster): client is Redis {
  return !client.isCluster;
}
