import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { Child } from "../child.ts";
import { freePort, HOST, startError } from "../system_server.ts";

const START_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/** Number of calls of each command, by its name in lower case. */
export type CommandCounts = ReadonlyMap<string, number>;

/** A server on a free port, which stores nothing and ends with this process. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  /** A connection beside the measurement. */
  readonly client: Redis;
  readonly #child: Child;

  /**
   * Starts a server that uses `directory` for files.
   * @throws {Error} with the package to install, when the server cannot start
   */
  static async start(directory: string): Promise<RedisServer> {
    const port = freePort();
    await using stack = new AsyncDisposableStack();
    const child = stack.use(spawn(serverFlags(port, directory)));
    await child.line(/Ready to accept connections/, START_TIMEOUT_MS);
    const client = new Redis({ host: HOST, port, lazyConnect: true });
    await client.connect();
    stack.move();
    return new RedisServer(port, child, client);
  }

  private constructor(port: number, child: Child, client: Redis) {
    this.port = port;
    this.#child = child;
    this.client = client;
  }

  /** The server and its version, for the report. */
  async description(): Promise<string> {
    const version = /^redis_version:(\S+)/m.exec(await this.client.info("server"))?.[1];
    return `redis-server ${version}`;
  }

  /** Resets the command counts. */
  async resetCounts(): Promise<void> {
    await this.client.config("RESETSTAT");
  }

  /** The commands since the reset, without those for counting. */
  async counts(): Promise<CommandCounts> {
    const stats = await this.client.info("commandstats");
    const lines = stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
    const counts = new Map([...lines].map(([, name = "", calls]) => [name, Number(calls)]));
    counts.delete("info");
    counts.delete("config|resetstat");
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect();
    await this.#child[Symbol.asyncDispose]();
  }
}

/**
 * Waits until the server has executed a command `times` times.
 * @throws {Error} when it has not after `timeoutMs`
 */
export async function untilCounted(
  server: RedisServer,
  command: string,
  { times, timeoutMs }: { readonly times: number; readonly timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const done = (await server.counts()).get(command) ?? 0;
    if (done >= times) return;
    if (performance.now() > deadline) {
      throw new Error(`Command "${command}": done ${done} times, wanted ${times}`);
    }
    await setTimeout(POLL_MS);
  }
}

/** The sum of these commands. */
export function total(counts: CommandCounts): number {
  return [...counts.values()].reduce((sum, calls) => sum + calls, 0);
}

/** The server never disconnects a slow subscriber: the measurement allows any backlog. */
function serverFlags(port: number, directory: string): string[] {
  const settings = {
    port: [String(port)],
    bind: [HOST],
    dir: [directory],
    save: [""],
    appendonly: ["no"],
    "client-output-buffer-limit": ["pubsub", "0", "0", "0"],
  };
  return Object.entries(settings).flatMap(([name, values]) => [`--${name}`, ...values]);
}

function spawn(args: readonly string[]): Child {
  try {
    return new Child("redis-server", args, { read: "stdout" });
  } catch (cause) {
    throw startError(cause, "redis-server", "redis-server");
  }
}
