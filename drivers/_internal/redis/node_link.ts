import { Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import {
  commonOptions,
  endClient,
  hostOptions,
  loginOptions,
  type RedisClientOptions,
  redisRetryDelayMs,
  sentinelOptions,
} from "./clients.ts";
import type { RedisConnection } from "./connection.ts";
import type { RedisLinkParticulars } from "./link.ts";
import { RedisLinkState, startClient } from "./link_state.ts";
import type { RedisSettings } from "./settings.ts";

/** A connection to one server: named by the configuration, or by sentinels. */
export class RedisNodeLink implements RedisConnection {
  readonly client: Redis;
  readonly kind: "standalone" | "sentinel";
  readonly label: string;
  readonly #state: RedisLinkState;
  readonly #endMs: number;
  #ending: Promise<void> | undefined;

  constructor(settings: RedisSettings, particulars: RedisLinkParticulars) {
    const { label, log, purpose, kind, host } = particulars;
    this.label = label;
    this.kind = kind === "sentinel" ? "sentinel" : "standalone";
    this.#endMs = 2 * settings.connectTimeoutMs;
    const username = settings.login?.username;
    this.#state = new RedisLinkState({ label, log, code: purpose.code, username });
    this.client = new Redis({
      ...commonOptions(settings),
      ...loginOptions(settings),
      ...(kind === "sentinel" ? sentinelOptions(settings) : hostOptions(host)),
      connectionName: `df-pubsub-${purpose.name}`,
      ...this.#reconnecting(),
      ...purpose.options,
    });
    this.client.on("error", (thrown) => this.#state.noteError(thrown));
    this.client.on("close", () => this.#state.noteDown());
    this.client.on("ready", () => this.#state.noteUp());
  }

  /** @throws whatever ioredis throws, or the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await startClient(this.client, signal);
      this.#state.started = true;
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw this.#state.failure("connect", thrown);
    }
  }

  masters(): Redis[] {
    return [this.client];
  }

  whileConnected<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  failure(action: string, thrown: unknown): DriverError {
    return this.#state.failure(action, thrown);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#state.noteClosed();
    this.#ending ??= endClient(this.client, this.#endMs);
    return this.#ending;
  }

  #reconnecting(): RedisClientOptions {
    return {
      retryStrategy: (tries) => this.#state.started ? redisRetryDelayMs(tries) : null,
      // The master has become a replica: whoever leads there now is found by connecting again.
      reconnectOnError: (error) => error.message.startsWith("READONLY"),
    };
  }
}
