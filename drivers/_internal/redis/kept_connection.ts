import type { Cluster, Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import { connectRedis, dialRedis } from "./connect.ts";
import type { RedisConnection, RedisLink, RedisPurpose } from "./connection.ts";
import { explainRedis, RedisReason } from "./errors.ts";
import { SessionKeeper } from "./keeper.ts";
import { redisPingInterval } from "./options.ts";
import { RedisRoleWatch } from "./role_watch.ts";
import { readRedisSettings, redisUser } from "./settings.ts";

/**
 * A connection that is opened again whenever it is lost. Each time the master is searched and the
 * password and certificate files are read again. A connection also counts as lost when its server has
 * become a replica, refuses our login, or answers that another server has the data.
 *
 * Commands fail at once while no server is connected.
 */
export class RedisKeptConnection implements RedisConnection {
  readonly #context: DriverContext;
  readonly #purpose: RedisPurpose;
  readonly #log: Logger;
  readonly #keeper: SessionKeeper<RedisLink>;
  #link: RedisLink;
  #watch: RedisRoleWatch | undefined;
  /** Why there is no connection. */
  #reason: string | undefined;

  /** @throws {DriverError} as {@linkcode connectRedis} does */
  static async open(context: DriverContext, purpose: RedisPurpose): Promise<RedisKeptConnection> {
    return new RedisKeptConnection(context, purpose, await connectRedis(context, purpose));
  }

  private constructor(context: DriverContext, purpose: RedisPurpose, first: RedisLink) {
    this.#context = context;
    this.#purpose = purpose;
    this.#log = context.log;
    this.#link = first;
    this.#keeper = new SessionKeeper({
      open: async () => await dialRedis(await readRedisSettings(context.settings), purpose),
      onUp: (link) => this.#onUp(link),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#reason = explainRedis(error, redisUser(context.settings)),
    });
    this.#keeper.startWith(first);
  }

  /** That of the last connection. */
  get client(): Redis | Cluster {
    return this.#link.client;
  }

  get kind(): RedisConnection["kind"] {
    return this.#link.kind;
  }

  get label(): string {
    return this.#link.label;
  }

  masters(): Redis[] {
    return this.#link.masters();
  }

  async whileConnected<T>(work: () => Promise<T>): Promise<T> {
    const link = this.#keeper.session;
    if (link === undefined) throw new RedisReason(`not connected: ${this.#reason}`);
    try {
      return await link.whileConnected(work);
    } catch (thrown) {
      link.noteError(thrown);
      throw thrown;
    }
  }

  refresh(): Promise<void> {
    return this.#link.refresh();
  }

  failure(action: string, thrown: unknown): DriverError {
    return this.#link.failure(action, thrown);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const watched = this.#watch?.[Symbol.asyncDispose]();
    await this.#keeper.close();
    await watched;
  }

  #onUp(link: RedisLink): void {
    this.#link = link;
    const { settings } = this.#context;
    this.#watch = new RedisRoleWatch(link, {
      settings,
      purpose: this.#purpose,
      intervalMs: 1000 * settings.get(redisPingInterval),
    });
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#log.info(`Redis "${link.label}": connected again`);
    if (!link.isReplica) return;
    this.#log.warn(`Redis "${link.label}": no master was found, rows can be read, not written`);
  }

  #onDown(reason: string): void {
    void this.#watch?.[Symbol.asyncDispose]();
    this.#reason = reason;
    this.#log.warn(`Redis "${this.label}": connection lost, trying again`, { reason });
  }
}
