import { Cluster, type Redis } from "ioredis";
import type { DriverError } from "../../contract/errors.ts";
import { clusterOptions, commonOptions, endCluster, loginOptions } from "./clients.ts";
import { completeClusterEndpoints } from "./cluster_endpoints.ts";
import { RedisClusterWatch } from "./cluster_watch.ts";
import type { RedisLink } from "./connection.ts";
import { explainRedis, isLoginRefused, wantsNewSession } from "./errors.ts";
import type { RedisLinkParticulars } from "./link.ts";
import { RedisLinkState, startClient } from "./link_state.ts";
import type { RedisSettings } from "./settings.ts";

/** A connection to every master of a cluster. Lost when no server is left, or our login is refused. */
export class RedisClusterLink implements RedisLink {
  readonly client: Cluster;
  readonly kind = "cluster";
  readonly label: string;
  readonly isReplica = false;
  readonly #state: RedisLinkState;
  readonly #username: string | undefined;
  readonly #endMs: number;
  readonly #onLoss = new Set<() => void>();
  #watch: RedisClusterWatch | undefined;
  #ending: Promise<void> | undefined;

  constructor(settings: RedisSettings, { label, purpose, found }: RedisLinkParticulars) {
    this.label = label;
    this.#endMs = 2 * settings.connectTimeoutMs;
    this.#username = settings.login?.username;
    this.#state = new RedisLinkState({ label, code: purpose.code, username: this.#username });
    const nodes = {
      ...commonOptions(settings),
      ...loginOptions(settings),
      connectionName: `df-pubsub-${purpose.name}`,
      ...purpose.options,
    };
    this.client = new Cluster([found.host], {
      ...clusterOptions(nodes),
      clusterRetryStrategy: () => null,
      ...purpose.cluster,
    });
    completeClusterEndpoints(this.client);
    this.client.on("error", (thrown) => this.#state.noteError(thrown));
    this.client.on("node error", (thrown, server) => this.#onNodeError(thrown, server));
    this.client.on("close", () => this.#lose("no server of the cluster is connected"));
  }

  get lost(): Promise<string> {
    return this.#state.lost;
  }

  /** @throws whatever ioredis throws, or the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await startClient(this.client, signal);
      this.#watch = new RedisClusterWatch(this.client);
    } catch (thrown) {
      await this[Symbol.asyncDispose]();
      throw this.#state.reasonOf(thrown);
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

  fail(reason: string): void {
    this.#lose(reason);
    this.client.disconnect();
  }

  noteError(thrown: unknown): void {
    if (isLoginRefused(thrown)) this.fail(explainRedis(thrown, this.#username));
    else if (wantsNewSession(thrown)) this.#watch?.refreshSoon();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.#ending ??= endCluster(this.client, this.#endMs);
    return this.#ending;
  }

  #onNodeError(thrown: unknown, server: string): void {
    this.#state.noteError(thrown, server);
    if (isLoginRefused(thrown)) this.fail(explainRedis(thrown, this.#username));
  }

  #lose(reason: string): void {
    this.#state.lose(reason);
    for (const fail of this.#onLoss) fail();
  }
}
