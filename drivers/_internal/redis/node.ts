import type { Redis } from "ioredis";
import { messageOf } from "../../contract/errors.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import { endClient, startClient } from "./clients.ts";
import { isReply, wantsNewSession } from "./errors.ts";
import type { RedisCheck } from "./role.ts";

const GOODBYE_MS = 1_000;

/** Nothing that is lost comes back by itself: a new session is made instead. */
export const OWN = {
  retryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResubscribe: false,
};

/** How a {@linkcode RedisNode} watches its server. */
export interface RedisNodeOptions {
  readonly pingMs: number;
  readonly check: RedisCheck;
}

/**
 * A connection of our own to one server, which is lost once: nothing in it reconnects, so that no
 * loss goes unseen and nothing is sent again.
 */
export class RedisNode implements AsyncDisposable {
  readonly redis: Redis;
  /** Resolves with the reason when the connection is gone or the server silent. */
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

  /** Connects to the server of another client, with the same options. */
  static async beside(
    client: Redis,
    { timeoutMs, ...options }: RedisNodeOptions & { readonly timeoutMs: number },
  ): Promise<RedisNode> {
    const redis = client.duplicate({ ...OWN, lazyConnect: true });
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
   * @param options `pingMs`: how often the server is checked, 0 never; `check`: with what question
   */
  constructor(redis: Redis, { pingMs, check }: RedisNodeOptions) {
    this.redis = redis;
    this.#pingMs = pingMs;
    this.#check = check;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#lose = resolve;
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    this.over = over;
    this.#finish = finish;
    redis.on("error", (error) => this.#lastError = error);
    redis.once("end", () => this.fail(this.#endReason()));
    if (redis.status === "end") this.fail(this.#endReason());
    this.#plan();
  }

  /** Whether it is lost or closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called after every check that the server has passed. */
  set onPong(listener: () => void) {
    this.#onPong = listener;
  }

  #endReason(): string {
    const why = this.#lastError === undefined ? "" : `: ${messageOf(this.#lastError)}`;
    return `the server closed the connection${why}`;
  }

  #plan(): void {
    if (this.#isOver || this.#pingMs === 0) return;
    this.#timer = setTimeout(() => this.#asking = this.#ask(), this.#pingMs);
  }

  async #ask(): Promise<void> {
    const reason = this.#isPaused ? undefined : await this.#reasonToLeave();
    if (reason !== undefined) return this.fail(reason);
    if (!this.#isPaused) this.#onPong();
    this.#plan();
  }

  /**
   * Why the server must not be used any longer, or undefined. A server is silent when a command times
   * out, unless this process did not read in that time.
   */
  async #reasonToLeave(): Promise<string | undefined> {
    const before = this.redis.stream.bytesRead;
    const pauses = this.#pauses;
    try {
      return await this.#check(this.redis);
    } catch (error) {
      // A user who may not ask is a user.
      if (isReply(error)) return wantsNewSession(error) ? error.message : undefined;
      // After this process was too busy to read, the answer is there and has not been seen.
      await nextTurn();
      await nextTurn();
      const hasRead = this.redis.stream.bytesRead !== before || this.#pauses !== pauses;
      return hasRead ? undefined : "the server has gone silent";
    }
  }

  /**
   * Reads nothing more, so that what comes waits at the server, until {@linkcode RedisNode.resume}.
   * Meanwhile neither silence nor the end of the connection is noticed.
   */
  pause(): void {
    if (this.#isPaused || this.#isOver) return;
    this.#isPaused = true;
    this.#pauses++;
    this.redis.stream.pause();
  }

  /** Reads again. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isOver) this.redis.stream.resume();
  }

  /** Gives the connection up. */
  fail(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    // At its end already, ioredis would start a timer that nothing clears.
    if (this.redis.status !== "end") this.redis.disconnect();
    this.#lose(reason);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#finish();
  }

  /** Ends it without calling it lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await endClient(this.redis, GOODBYE_MS);
    await this.#asking;
  }
}
