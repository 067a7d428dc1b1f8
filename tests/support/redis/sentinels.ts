import { type DataOptions, plainPort, quoted, REDIS_HOST } from "./config.ts";
import { disposeAll, lastLogLines, startAll } from "./group.ts";
import { RedisNode } from "./node.ts";
import { poll } from "./poll.ts";
import { startRedis } from "./server.ts";

const MASTER_NAME = "mymaster";
const SENTINELS = 3;
const QUORUM = 2;

/** The two servers of a failover. */
export interface Failover {
  readonly killed: RedisNode;
  readonly promoted: RedisNode;
}

/**
 * Starts a master, its replica and three sentinels with quorum 2. A server counts as down after one
 * second. Resolves when every sentinel knows the replica and both other sentinels. A password
 * protects the master and the replica; the sentinels have none.
 */
export async function startSentinels(options: DataOptions = {}): Promise<RedisSentinels> {
  await using undo = new AsyncDisposableStack();
  const master = undo.use(await startRedis(options));
  const replica = undo.use(await startRedis(replicaOptions(master, options)));
  const start = () => startSentinel(master, options);
  const sentinels = await startAll(Array.from({ length: SENTINELS }, () => start));
  undo.defer(() => disposeAll(sentinels));
  const group = new RedisSentinels([master, replica], sentinels);
  await Promise.all(sentinels.map(speedUpGreetings));
  await group.settled();
  undo.move();
  return group;
}

/** A master and a replica under sentinels. Disposing stops all of them. */
export class RedisSentinels implements AsyncDisposable {
  /** The sentinels' name for the master. */
  readonly masterName = MASTER_NAME;
  /** Master and replica, in the order of their start. */
  readonly servers: readonly RedisNode[];
  readonly sentinelNodes: readonly RedisNode[];

  /** Takes running servers; see {@linkcode startSentinels}. */
  constructor(servers: readonly RedisNode[], sentinelNodes: readonly RedisNode[]) {
    this.servers = servers;
    this.sentinelNodes = sentinelNodes;
  }

  /** The address of each sentinel as `host:port`. */
  get sentinels(): string[] {
    return this.sentinelNodes.map(({ address }) => address);
  }

  /** The server that all running sentinels consider the master. */
  master(): Promise<RedisNode> {
    return this.#poll("the sentinels agree on the master", () => this.#agreedMaster());
  }

  /** The other server. */
  async replica(): Promise<RedisNode> {
    return this.#other(await this.master());
  }

  /** Kills the master, as a crash would, and waits until the replica is the master. */
  async failover(): Promise<Failover> {
    const killed = await this.master();
    const promoted = this.#other(killed);
    await killed.kill();
    await this.#poll(`${promoted.address} becomes the master`, async () => {
      if (await this.#agreedMaster() !== promoted) return undefined;
      return (await promoted.cli(["role"])).startsWith("master\n") || undefined;
    });
    return { killed, promoted };
  }

  /**
   * Waits until the initial state is restored: every sentinel runs, sees a master and one replica
   * that follows it, and knows the others. Use this also after a restart of a failed server.
   */
  async settled(): Promise<void> {
    await this.#poll("all sentinels know the replica and each other", async () => {
      const isComplete = await Promise.all(this.sentinelNodes.map(seesAll));
      return isComplete.every(Boolean) || undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll([...this.sentinelNodes, ...this.servers]);
  }

  async #agreedMaster(): Promise<RedisNode | undefined> {
    const up = this.sentinelNodes.filter(({ isUp }) => isUp);
    const ports = new Set(await Promise.all(up.map(masterPort)));
    const [port] = ports;
    return ports.size === 1 ? this.servers.find((server) => server.port === port) : undefined;
  }

  #other(server: RedisNode): RedisNode {
    const other = this.servers.find((one) => one !== server);
    if (other === undefined) throw new Error(`no server besides ${server.address}`);
    return other;
  }

  #poll<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    return poll(what, probe, {
      detail: () => lastLogLines([...this.servers, ...this.sentinelNodes]),
    });
  }
}

function replicaOptions({ host, port }: RedisNode, options: DataOptions): DataOptions {
  return { ...options, config: [`replicaof ${host} ${port}`, ...options.config ?? []] };
}

function startSentinel(master: RedisNode, { password }: DataOptions): Promise<RedisNode> {
  const login = password === undefined
    ? []
    : [`sentinel auth-pass ${MASTER_NAME} ${quoted(password)}`];
  const config = [
    `sentinel monitor ${MASTER_NAME} ${REDIS_HOST} ${master.port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 1000`,
    `sentinel failover-timeout ${MASTER_NAME} 5000`,
    ...login,
  ];
  return RedisNode.start({
    program: "redis-sentinel",
    config: (port) => [...plainPort(port), ...config],
  });
}

/**
 * Sentinels exchange greetings every two seconds and check the servers every ten. These intervals
 * are too long for tests.
 */
async function speedUpGreetings(sentinel: RedisNode): Promise<void> {
  await sentinel.cli(["sentinel", "debug", "publish-period", "300", "info-period", "500"]);
}

async function masterPort(sentinel: RedisNode): Promise<number> {
  const address = await sentinel.cli(["sentinel", "get-master-addr-by-name", MASTER_NAME]);
  return Number(address.split("\n")[1]);
}

const COMPLETE = [
  /^flags\nmaster$/m,
  /^num-slaves\n1$/m,
  new RegExp(`^num-other-sentinels\\n${SENTINELS - 1}$`, "m"),
  /^flags\nslave$/m,
  /^master-link-status\nok$/m,
  /^OK \d+ usable Sentinels/m,
];

async function seesAll(sentinel: RedisNode): Promise<boolean> {
  const subcommands = ["master", "replicas", "ckquorum"];
  const input = subcommands.map((subcommand) => `sentinel ${subcommand} ${MASTER_NAME}\n`).join("");
  const answers = await sentinel.cli([], { input });
  return COMPLETE.every((pattern) => pattern.test(answers));
}
