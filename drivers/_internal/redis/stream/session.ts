import type { Redis } from "ioredis";
import type { DriverContext } from "../../../contract/pubsub.ts";
import { waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { redisCommandTimeout, redisConnectTimeout, redisPingInterval } from "../options.ts";
import { checkAnswers } from "../role.ts";
import { RedisNode } from "../node.ts";
import type { ReadingSession } from "../pubsub/reading_end.ts";
import { redisStreamMaxAge } from "../pubsub/options.ts";
import { NEVER_MS, RedisRoutes } from "../pubsub/routes.ts";
import type { StreamCursor } from "./cursor.ts";
import { StreamReader, type StreamReaderHooks } from "./reader.ts";
import { bucketOf, bucketSlot } from "./topic.ts";

const CATCH_UP_TIMEOUT_MS = 5_000;

/** The readers of one subscriber, for the lifetime of their connections. */
export class StreamSession implements ReadingSession {
  readonly lost: Promise<string>;
  readonly #context: DriverContext;
  readonly #routes: RedisRoutes;
  readonly #hooks: StreamReaderHooks;
  readonly #readers = new Map<number, Promise<StreamReader | undefined>>();
  readonly #runs: Promise<void>[] = [];
  readonly #lose: (reason: string) => void;
  #isClosed = false;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(context: DriverContext, hooks: StreamReaderHooks): Promise<StreamSession> {
    const routes = await RedisRoutes.open(context, { name: "subscriber", isSpread: true });
    return new StreamSession(context, routes, hooks);
  }

  private constructor(context: DriverContext, routes: RedisRoutes, hooks: StreamReaderHooks) {
    this.#context = context;
    this.#routes = routes;
    this.#hooks = hooks;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#lose = resolve;
    this.lost = promise;
    void routes.lost.then(resolve);
  }

  get address(): string {
    return this.#routes.connection.label;
  }

  /** The connections to all servers. */
  get servers(): readonly Redis[] {
    return this.#routes.nodes.map(({ redis }) => redis);
  }

  /** The connection to the server of a slot, next to those of the readers. */
  redis(slot: number): Redis {
    return this.#routes.node(slot).redis;
  }

  /** Reads a topic from the position of its cursor. */
  add(cursor: StreamCursor): void {
    cursor.state = "unplaced";
    void this.#reader(cursor).then((reader) => reader?.add(cursor));
  }

  delete(cursor: StreamCursor): void {
    void this.#reader(cursor).then((reader) => reader?.delete(cursor));
  }

  /** Resolves when everything published before was read, or after the timeout. */
  async catchUp(options: WaitOptions): Promise<void> {
    const readers = await Promise.all(this.#readers.values());
    const all = Promise.all(readers.map((reader) => reader?.catchUp()));
    const bounds = { timeoutMs: CATCH_UP_TIMEOUT_MS, ...options };
    await waitFor(all, bounds).catch(() => {});
  }

  /** One connection reads all topics; in a cluster, there is one for each bucket of topics. */
  #reader({ topic }: StreamCursor): Promise<StreamReader | undefined> {
    const bucket = this.#routes.connection.kind === "cluster" ? bucketOf(topic) : 0;
    const known = this.#readers.get(bucket);
    if (known !== undefined) return known;
    const control = this.#routes.node(bucketSlot(bucket));
    const opened = this.#open(control).catch((error) => {
      this.#lose(`cannot open another connection: ${control.explain(error)}`);
      return undefined;
    });
    this.#readers.set(bucket, opened);
    return opened;
  }

  async #open(control: RedisNode): Promise<StreamReader | undefined> {
    const { settings } = this.#context;
    const timeoutMs = 1000 * settings.get(redisConnectTimeout);
    const node = await RedisNode.beside(control.redis, {
      timeoutMs,
      pingMs: 0,
      check: checkAnswers,
      name: control.name,
      // A large reply may take long. `socketTimeout` detects a server that sends nothing.
      changes: { commandTimeout: NEVER_MS },
    });
    if (this.#isClosed) return void await node[Symbol.asyncDispose]();
    const blockMs = Math.floor(
      Math.min(1000 * settings.get(redisPingInterval), 500 * settings.get(redisCommandTimeout)),
    );
    const maxAgeMs = 1000 * settings.get(redisStreamMaxAge) || Infinity;
    const run = await runOf(node);
    const unblock = (id: number) => void control.redis.client("UNBLOCK", id).catch(() => {});
    const reader = new StreamReader(node, this.#hooks, { blockMs, maxAgeMs, run, unblock });
    void node.lost.then(this.#lose);
    this.#runs.push(reader.run());
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const readers = await Promise.all(this.#readers.values());
    await Promise.all(readers.map((reader) => reader?.node[Symbol.asyncDispose]()));
    await this.#routes[Symbol.asyncDispose]();
    await Promise.all(this.#runs);
  }
}

/** The run of the server, if it may be read. */
async function runOf({ redis }: RedisNode): Promise<string | undefined> {
  const info = await redis.info("server").catch(() => "");
  return /^run_id:([0-9a-f]{40})/m.exec(info)?.[1];
}
