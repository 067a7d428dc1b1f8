import { Cluster, type Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import {
  clusterOptions,
  commonOptions,
  endCluster,
  loginOptions,
  redisRetryDelayMs,
} from "./clients.ts";
import { RedisClusterWatch } from "./cluster_watch.ts";
import type { RedisConnection } from "./connection.ts";
import type { RedisLinkParticulars } from "./link.ts";
import { RedisLinkState, startClient } from "./link_state.ts";
import type { RedisSettings } from "./settings.ts";

/** A connection to every master of a cluster. */
export class RedisClusterLink implements RedisConnection {
  readonly client: Cluster;
  readonly kind = "cluster";
  readonly label: string;
  readonly #state: RedisLinkState;
  readonly #endMs: number;
  readonly #onLoss = new Set<() => void>();
  #watch: RedisClusterWatch | undefined;
  #ending: Promise<void> | undefined;

  constructor(settings: RedisSettings, { label, log, purpose }: RedisLinkParticulars) {
    this.label = label;
    this.#endMs = 2 * settings.connectTimeoutMs;
    const username = settings.login?.username;
    this.#state = new RedisLinkState({ label, log, code: purpose.code, username });
    const nodes = {
      ...commonOptions(settings),
      ...loginOptions(settings),
      connectionName: `df-pubsub-${purpose.name}`,
      ...purpose.options,
    };
    this.client = new Cluster([...settings.hosts], {
      ...clusterOptions(nodes),
      clusterRetryStrategy: (tries) => this.#state.started ? redisRetryDelayMs(tries) : null,
      ...purpose.cluster,
    });
    this.client.on("error", (thrown) => this.#state.noteError(thrown));
    this.client.on("node error", (thrown) => this.#state.noteError(thrown));
    this.client.on("close", () => this.#lose());
    this.client.on("ready", () => this.#state.noteUp());
  }

  /** @throws whatever ioredis throws, or the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await startClient(this.client, signal);
      this.#state.started = true;
      this.#watch = new RedisClusterWatch(this.client);
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw this.#state.failure("connect", thrown);
    }
  }

  masters(): Redis[] {
    return this.client.nodes("master");
  }

  async whileConnected<T>(work: () => Promise<T>): Promise<T> {
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const fail = () => reject(new Error("Connection is closed."));
    this.#onLoss.add(fail);
    try {
      if (this.client.status === "ready") return await Promise.race([work(), lost]);
      fail();
      return await lost;
    } finally {
      this.#onLoss.delete(fail);
    }
  }

  refresh(): Promise<void> {
    return new Promise((resolve) => this.client.refreshSlotsCache(() => resolve()));
  }

  failure(action: string, thrown: unknown): DriverError {
    return this.#state.failure(action, thrown);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#state.noteClosed();
    this.#watch?.[Symbol.dispose]();
    this.#ending ??= endCluster(this.client, this.#endMs);
    return this.#ending;
  }

  #lose(): void {
    this.#state.noteDown();
    for (const fail of this.#onLoss) fail();
  }
}
