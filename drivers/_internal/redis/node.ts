import type { Redis } from "ioredis";
import { messageOf } from "../../contract/errors.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import { endClient, type RedisClientOptions, startClient } from "./clients.ts";
import { explainRedis, isReply, wantsNewSession } from "./errors.ts";
import type { RedisCheck } from "./role.ts";

const CLOSE_MS = 1_000;

/** Options of a connection that is never restored: a new session replaces it. */
export const OWN = {
  retryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResubscribe: false,
};

/** Options of a {@linkcode RedisNode}. */
export interface RedisNodeOptions {
  readonly pingMs: number;
  readonly check: RedisCheck;
  /** The name of the server in reasons; absent outside of a cluster. */
  readonly name?: string | undefined;
}

/** Options of {@linkcode RedisNode.beside}. */
export interface BesideOptions extends RedisNodeOptions {
  /** Maximum time to connect. */
  readonly timeoutMs: number;
  /** Options that differ from those of the other client. @default none */
  readonly changes?: RedisClientOptions;
}

/**
 * An own connection to one server. It is lost once and never reconnects, so that no loss is missed
 * and nothing is sent again.
 */
export class RedisNode implements AsyncDisposable {
  readonly redis: Redis;
  /** The name of the server in reasons; absent outside of a cluster. */
  readonly name: string | undefined;
  /** Resolves with the reason when the connection is lost or the server is silent. */
  readonly lost: Promise<string>;
  /** Resolves when it is lost or closed. */
  readonly over: Promise<void>;
  readonly #pingMs: number;
  readonly #check: RedisCheck;
  readonly #lose: (reason: string) => void;
  readonly #finish: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  #asking: Promise<void> = Promise.resolve();
  #isPaused = false;
  #pauses = 0;
  #lastError: unknown;
  #onPong: () => void = () => {};

  /** Connects to the server of another client with the same options, except `changes`. */
  static async beside(
    client: Redis,
    { timeoutMs, changes, ...options }: BesideOptions,
  ): Promise<RedisNode> {
    const redis = client.duplicate({ ...OWN, ...changes, lazyConnect: true });
    const errors: unknown[] = [];
    redis.on("error", (error) => errors.push(error));
    try {
      await startClient(redis, AbortSignal.timeout(timeoutMs));
      return new RedisNode(redis, options);
    } catch (error) {
      await endClient(redis, timeoutMs);
      throw errors[0] ?? error;
    }
  }

  /**
   * @param redis connected, with a command timeout, no retries and no offline queue
   * @param options `pingMs`: interval of checks, 0 for none
   */
  constructor(redis: Redis, { pingMs, check, name }: RedisNodeOptions) {
    this.redis = redis;
    this.#pingMs = pingMs;
    this.#check = check;
    this.name = name;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    this.over = over;
    this.#finish = finish;
    redis.on("error", (error) => this.#lastError = error);
    redis.once("end", () => this.fail());
    if (redis.status === "end") this.fail();
    this.#plan();
  }

  /** Whether it is lost or closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called after every successful check of the server. */
  set onPong(listener: () => void) {
    this.#onPong = listener;
  }

  #endReason(): string {
    const error = this.#lastError;
    const isClosed = error === undefined || /ECONNRESET|EPIPE/.test(messageOf(error));
    return isClosed ? this.#named("the server closed the connection") : this.explain(error);
  }

  /** Why the server has refused a command or the connection. */
  explain(thrown: unknown): string {
    return this.#named(explainRedis(thrown, this.#user));
  }

  get #user(): string | undefined {
    return this.redis.options.username;
  }

  #named(reason: string): string {
    return this.name === undefined ? reason : `${this.name}: ${reason}`;
  }

  #plan(): void {
    if (this.#isOver || this.#pingMs === 0) return;
    this.#timer = setTimeout(() => this.#asking = this.#ask(), this.#pingMs);
  }

  async #ask(): Promise<void> {
    const reason = this.#isPaused ? undefined : await this.#reasonToLeave();
    if (reason !== undefined) return this.fail(this.#named(reason));
    if (!this.#isPaused) this.#onPong();
    this.#plan();
  }

  /**
   * Why the server must not be used any longer; undefined if it may be. A server is silent if a
   * command times out, unless this process did not read in that time.
   */
  async #reasonToLeave(): Promise<string | undefined> {
    const before = this.redis.stream.bytesRead;
    const pauses = this.#pauses;
    try {
      return await this.#check(this.redis);
    } catch (error) {
      // A user without the permission for this command is allowed.
      if (isReply(error)) {
        return wantsNewSession(error) ? explainRedis(error, this.#user) : undefined;
      }
      // If this process was too busy to read, the reply has arrived but was not read.
      await nextTurn();
      await nextTurn();
      const hasRead = this.redis.stream.bytesRead !== before || this.#pauses !== pauses;
      return hasRead ? undefined : "the server has gone silent";
    }
  }

  /**
   * Stops reading, so that messages wait at the server, until {@linkcode RedisNode.resume}.
   * Meanwhile neither silence nor the end of the connection is noticed.
   */
  pause(): void {
    if (this.#isPaused || this.#isOver) return;
    this.#isPaused = true;
    this.#pauses++;
    this.redis.stream.pause();
  }

  /** Resumes reading. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isOver) this.redis.stream.resume();
  }

  /** Marks the connection as lost and ends it. By default, the reason is why it has ended. */
  fail(reason: string = this.#endReason()): void {
    if (this.#isOver) return;
    this.#end();
    // If the connection has ended already, ioredis would start a timer that nothing clears.
    if (this.redis.status !== "end") this.redis.disconnect();
    this.#lose(reason);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#finish();
  }

  /** Ends it without marking it as lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await endClient(this.redis, CLOSE_MS);
    await this.#asking;
  }
}
