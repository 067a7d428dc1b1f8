import type { Cluster, Redis } from "ioredis";
import { isDeepStrictEqual } from "node:util";
import type { DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Settings } from "../../contract/option.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import { connectRedis, dialRedis } from "./connect.ts";
import type { RedisConnection, RedisPurpose } from "./connection.ts";
import { explainRedis, isReply } from "./errors.ts";
import { Reason } from "../reason.ts";
import { SessionKeeper } from "../broker/session_keeper.ts";
import { RedisNode } from "./node.ts";
import { redisPingInterval } from "./options.ts";
import { probeRedis } from "./probe.ts";
import { checkIsMaster, unlessSilent } from "./role.ts";
import type { RedisSession } from "./session.ts";
import { readRedisSettings, redisUser } from "./settings.ts";

/**
 * A connection that is reopened whenever it is lost. Each time, the master is searched and the
 * password and certificate files are read again. It also counts as lost if its server becomes a
 * replica, refuses the login, or replies that another server has the data.
 *
 * Commands fail at once while no server is connected.
 */
export class RedisKeptConnection implements RedisConnection {
  readonly #context: DriverContext;
  readonly #log: Logger;
  readonly #keeper: SessionKeeper<RedisSession>;
  #session: RedisSession;
  /** Checks the role of the server; in a cluster the client follows the slots. */
  #node: RedisNode | undefined;
  #isComparing = false;
  /** Why there is no connection. */
  #reason: string | undefined;

  /** @throws {DriverError} like {@linkcode connectRedis} */
  static async open(context: DriverContext, purpose: RedisPurpose): Promise<RedisKeptConnection> {
    return new RedisKeptConnection(context, purpose, await connectRedis(context, purpose));
  }

  private constructor(context: DriverContext, purpose: RedisPurpose, first: RedisSession) {
    this.#context = context;
    this.#log = context.log;
    this.#session = first;
    this.#keeper = new SessionKeeper({
      open: async () => await dialRedis(await readRedisSettings(context.settings), purpose),
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#reason = explainRedis(error, redisUser(context.settings)),
    });
    this.#keeper.startWith(first);
  }

  /** The client of the last connection. */
  get client(): Redis | Cluster {
    return this.#session.client;
  }

  get kind(): RedisConnection["kind"] {
    return this.#session.kind;
  }

  get label(): string {
    return this.#session.label;
  }

  masters(): Redis[] {
    return this.#session.masters();
  }

  async whileConnected<T>(work: () => Promise<T>): Promise<T> {
    const session = this.#keeper.session;
    if (session === undefined) throw new Reason(`not connected: ${this.#reason}`);
    try {
      return await session.whileConnected(work);
    } catch (thrown) {
      session.noteError(thrown);
      if (session.kind === "cluster" && !isReply(thrown)) void this.#endIfOutdated(session);
      throw thrown;
    }
  }

  /**
   * Ends a connection to a cluster if its options, or the files that they name, have changed. With
   * the old ones, it cannot reach a server with a new certificate, and it is not lost while other
   * servers answer.
   */
  async #endIfOutdated(session: RedisSession): Promise<void> {
    if (this.#isComparing) return;
    this.#isComparing = true;
    const now = await readRedisSettings(this.#context.settings).catch(() => session.settings);
    this.#isComparing = false;
    if (isDeepStrictEqual(now, session.settings)) return;
    session.fail("the options of the connection, or their files, have changed");
  }

  refresh(): Promise<void> {
    return this.#session.refresh();
  }

  failure(action: string, thrown: unknown, isUncertain?: boolean): DriverError {
    return this.#session.failure(action, thrown, isUncertain);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const watched = this.#node?.[Symbol.asyncDispose]();
    await this.#keeper.close();
    await watched;
  }

  #onUp(session: RedisSession): void {
    this.#session = session;
    this.#node = this.#watch(session);
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#log.info(`Redis "${session.label}": connected again`);
    if (!session.isReplica) return;
    this.#log.warn(
      `Redis "${session.label}": no master was found: rows can be read, but not written`,
    );
  }

  #watch(session: RedisSession): RedisNode | undefined {
    const [redis] = session.masters();
    if (redis === undefined || session.kind === "cluster") return undefined;
    const { settings } = this.#context;
    const node = new RedisNode(redis, {
      pingMs: 1000 * settings.get(redisPingInterval),
      check: session.isReplica ? () => findMaster(settings) : unlessSilent(checkIsMaster),
    });
    void node.lost.then((reason) => session.fail(reason));
    return node;
  }

  #onDown(reason: string): void {
    void this.#node?.[Symbol.asyncDispose]();
    this.#reason = reason;
    this.#log.warn(`Redis "${this.label}": connection lost, reconnecting`, { reason });
  }
}

/** Why a replica must not be used any longer: a master is available again; undefined if none is. */
async function findMaster(options: Settings): Promise<string | undefined> {
  try {
    const settings = await readRedisSettings(options);
    const signal = AbortSignal.timeout(settings.connectTimeoutMs);
    await probeRedis(settings, { signal, acceptsReplica: false });
    return "there is a master again";
  } catch {
    return undefined;
  }
}
