import type { Cluster, Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import { commonOptions, loginOptions, type RedisClientOptions, startClient } from "./clients.ts";
import type { RedisConnection, RedisPurpose } from "./connection.ts";
import { explainRedis, redisError, type RedisFailureContext } from "./errors.ts";
import { Reason } from "../reason.ts";
import type { Session } from "../broker/session_keeper.ts";
import type { RedisProbe } from "./probe.ts";
import type { RedisSettings } from "./settings.ts";

/** Options of a {@linkcode RedisSession}. */
export interface RedisSessionOptions {
  readonly label: string;
  readonly purpose: RedisPurpose;
  /** The server that has just replied. */
  readonly found: RedisProbe;
}

/** The errors of ioredis for a command that it did not send, or whose reply it will never get. */
const NOT_CONNECTED = [
  /^Connection is closed/,
  /^Stream isn't writeable/,
  /^Cluster isn't ready/,
  /^Cluster is ended/,
  /^Reached the max retries/,
  /^Command aborted/,
  /^None of startup nodes/,
  /^Failed to refresh slots cache/,
];

/** A connection that is lost once: nothing in it reconnects to a lost server. */
export abstract class RedisSession implements RedisConnection, Session {
  abstract readonly client: Redis | Cluster;
  abstract readonly kind: RedisConnection["kind"];
  readonly label: string;
  /** The options with which it was opened. */
  readonly settings: RedisSettings;
  /** Whether the server is a replica, accepted because no master was found. */
  readonly isReplica: boolean;
  readonly lost: Promise<string>;
  readonly #resolveLost: (reason: string) => void;
  readonly #identity: RedisFailureContext;
  /** Why the session ended, or else the last error of the client. */
  #reason: string | undefined;
  /** The server that the last error concerns, if there are several. */
  #server: string | undefined;
  #isLost = false;
  #ending: Promise<void> | undefined;

  constructor(settings: RedisSettings, { label, purpose, found }: RedisSessionOptions) {
    this.label = label;
    this.settings = settings;
    this.isReplica = found.isReplica;
    this.#identity = { label, code: purpose.code, username: settings.login?.username };
    const { promise, resolve } = Promise.withResolvers<string>();
    this.lost = promise;
    this.#resolveLost = resolve;
  }

  /** @throws the errors of ioredis, or the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await startClient(this.client, signal);
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw this.#reasonOf(thrown);
    }
  }

  abstract masters(): Redis[];

  whileConnected<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  failure(action: string, thrown: unknown, isUncertain = false): DriverError {
    return redisError(action, this.#reasonOf(thrown), { ...this.#identity, isUncertain });
  }

  /** Ends the connection. */
  fail(reason: string): void {
    this.lose(reason);
    if (this.client.status !== "end") this.client.disconnect();
  }

  /** Ends the connection if a command's error means that another server or login is needed. */
  abstract noteError(thrown: unknown): void;

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.end();
  }

  /** Closes the client within a bounded time. */
  protected abstract end(): Promise<void>;

  /** Marks the connection as lost: for this reason, or for the client's last error. */
  protected lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#reason ??= reason;
    this.#resolveLost(this.#reason);
  }

  /**
   * Remembers the message of a client's `error` event, without its command.
   *
   * @param server the server of several that it concerns, `host:port`
   */
  protected remember(thrown: unknown, server?: string): void {
    if (this.#isLost) return;
    const reason = this.explain(thrown);
    this.#reason = server === undefined ? reason : `${server}: ${reason}`;
    this.#server = server;
  }

  /** Forgets the last error if it concerns this server, which is in use again. */
  protected forget(server: string): void {
    if (!this.#isLost && this.#server === server) this.#reason = undefined;
  }

  protected explain(thrown: unknown): string {
    return explainRedis(thrown, this.#identity.username);
  }

  /** The error with the reason of the loss instead of its consequence. */
  #reasonOf(thrown: unknown): unknown {
    const lost = thrown instanceof Error && NOT_CONNECTED.some((text) => text.test(thrown.message));
    if (!lost) return thrown;
    const why = this.#reason === undefined ? "" : `: ${this.#reason}`;
    return new Reason(`not connected${why}`);
  }
}

/** Options of every connection of a session. */
export function sessionOptions(
  settings: RedisSettings,
  { name, options }: RedisPurpose,
): RedisClientOptions {
  return {
    ...commonOptions(settings),
    ...loginOptions(settings),
    connectionName: `df-pubsub-${name}`,
    ...options,
  };
}
