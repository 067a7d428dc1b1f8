import { CLUSTER_SLOTS, isServing, owns, parseClusterNodes, viewSummary } from "./cluster_view.ts";
import { dataConfig, type DataOptions, defaultLogin, plainPort } from "./config.ts";
import { disposeAll, lastLogLines, startAll } from "./group.ts";
import { RedisNode, somePort } from "./node.ts";
import { poll } from "./poll.ts";
import { SlotMove } from "./slot_move.ts";

const MASTERS = 3;
const NODE_TIMEOUT_MS = 1_500;

/** Options of {@linkcode startCluster}. */
export interface ClusterOptions extends DataOptions {
  /** Replicas of each master; a test in which no master is killed does without. @default 1 */
  readonly replicas?: 0 | 1;
  /** Lines about the port. @default a port without TLS */
  readonly listen?: (port: number) => readonly string[];
  /** Other flags of redis-cli. */
  readonly cliFlags?: readonly string[];
}

/**
 * Starts a cluster of three masters with their replicas. A server counts as failed after
 * {@linkcode NODE_TIMEOUT_MS}. Resolves when all servers agree on every slot and all replicas
 * follow.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  await using undo = new AsyncDisposableStack();
  const { replicas = 1 } = options;
  const start = () => startNode(options);
  const nodes = await startAll(Array.from({ length: MASTERS * (1 + replicas) }, () => start));
  undo.defer(() => disposeAll(nodes));
  const cluster = new RedisCluster(nodes, options);
  await join(nodes, replicas);
  await cluster.settled();
  undo.move();
  return cluster;
}

/** A cluster's servers. Disposing stops all of them. */
export class RedisCluster implements AsyncDisposable {
  /** All servers, in any role. */
  readonly nodes: readonly RedisNode[];
  readonly #password: string | undefined;

  /** Takes servers that have already joined; see {@linkcode startCluster}. */
  constructor(nodes: readonly RedisNode[], { password }: DataOptions) {
    this.nodes = nodes;
    this.#password = password;
  }

  /** The address of each server as `host:port`. */
  get addresses(): string[] {
    return this.nodes.map(({ address }) => address);
  }

  /** The servers that own slots, as one running server reports. */
  async masters(): Promise<RedisNode[]> {
    const members = (await this.#members()).filter(isServing);
    return this.nodes.filter(({ port }) => members.some((member) => member.port === port));
  }

  /** The server that owns a slot, or the slot of a key, as one running server reports. */
  async nodeFor(slotOrKey: number | string): Promise<RedisNode> {
    const slot = typeof slotOrKey === "number" ? slotOrKey : await this.slotOf(slotOrKey);
    const owner = (await this.#members()).find((member) => owns(member, slot));
    const node = this.nodes.find(({ port }) => port === owner?.port);
    if (node === undefined) throw new Error(`slot ${slot} has no owner`);
    return node;
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.#anyUp().cli(["cluster", "keyslot", key]));
  }

  /** Prepares to move a slot to another master. Nothing has moved when this resolves. */
  async slotMove(slot: number, to: RedisNode): Promise<SlotMove> {
    const [from, masters] = await Promise.all([this.nodeFor(slot), this.masters()]);
    return new SlotMove({ slot, from, to, masters, password: this.#password });
  }

  /** Makes the replica of a key's master the master, while both run. No connection is cut. */
  async handOver(key: string): Promise<void> {
    const { port } = await this.nodeFor(key);
    const members = await this.#members();
    const master = members.find((member) => member.port === port);
    const replica = members.find(({ masterId }) => masterId === master?.id);
    await this.nodes.find((node) => node.port === replica?.port)?.cli(["cluster", "failover"]);
    await poll("the replica takes over", async () => {
      return (await this.nodeFor(key)).port === replica?.port || undefined;
    });
    await this.settled();
  }

  /** Kills the master of a key, as a crash would. Its replica takes over some seconds later. */
  async killMasterOf(key: string): Promise<RedisNode> {
    const node = await this.nodeFor(key);
    await node.kill();
    return node;
  }

  /**
   * Waits until every slot has a running owner, all running servers agree on the owners, and their
   * replicas follow.
   */
  async settled(): Promise<void> {
    await poll("the cluster settles", () => this.#isSettled(), {
      detail: () => lastLogLines(this.nodes),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll(this.nodes);
  }

  async #isSettled(): Promise<true | undefined> {
    const up = this.nodes.filter(({ isUp }) => isUp);
    const views = await Promise.all(up.map(viewOf));
    const summaries = new Set(views.map((view) => viewSummary(parseClusterNodes(view))));
    const owners = parseClusterNodes(views[0] ?? "").filter(isServing);
    const isOwned = owners.every(({ port }) => up.some((node) => node.port === port));
    return isOwned && summaries.size === 1 && views.every(isHealthy) || undefined;
  }

  async #members(): Promise<ReturnType<typeof parseClusterNodes>> {
    return parseClusterNodes(await this.#anyUp().cli(["cluster", "nodes"]));
  }

  #anyUp(): RedisNode {
    const node = this.nodes.find(({ isUp }) => isUp);
    if (node === undefined) throw new Error("no server of the cluster is up");
    return node;
  }
}

function startNode(options: ClusterOptions): Promise<RedisNode> {
  const { listen = plainPort, cliFlags = [] } = options;
  const config = [
    "cluster-enabled yes",
    "cluster-config-file nodes.conf",
    `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
  ];
  return RedisNode.start({
    program: "redis-server",
    config: (port) => [
      ...listen(port),
      `cluster-port ${somePort()}`,
      ...config,
      ...dataConfig(options),
    ],
    login: defaultLogin(options.password),
    cliFlags,
  });
}

async function join(nodes: readonly RedisNode[], replicas: number): Promise<void> {
  const addresses = nodes.map(({ address }) => address);
  const flags = ["--cluster-replicas", String(replicas), "--cluster-yes"];
  await nodes[0]?.cli(["--cluster", "create", ...addresses, ...flags]);
}

/** A server's whole view of its cluster, in one call. */
function viewOf(node: RedisNode): Promise<string> {
  return node.cli([], { input: "cluster info\ncluster nodes\ninfo replication\n" });
}

function isHealthy(view: string): boolean {
  const hasSlots = new RegExp(`^cluster_slots_ok:${CLUSTER_SLOTS}\\r?$`, "m").test(view);
  const follows = /^role:master\r?$/m.test(view) || /^master_link_status:up\r?$/m.test(view);
  return /^cluster_state:ok\r?$/m.test(view) && hasSlots && follows;
}
