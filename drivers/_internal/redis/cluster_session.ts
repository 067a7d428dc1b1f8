import { Cluster, type Redis } from "ioredis";
import { clusterOptions, endCluster } from "./clients.ts";
import { completeClusterEndpoints } from "./cluster_endpoints.ts";
import { isLoginRefused, wantsNewSession } from "./errors.ts";
import { RedisSession, type RedisSessionOptions, sessionOptions } from "./session.ts";
import type { RedisSettings } from "./settings.ts";

const REFRESH_MS = 5_000;
const SOON_MS = 100;

/**
 * A connection to every master of a cluster. It is lost when no server is left, or when the login
 * is refused.
 *
 * It updates the assignment of slots to nodes every few seconds, and soon after the loss of a node.
 * ioredis alone would notice a failover only by a redirection, which requires a reachable node.
 */
export class RedisClusterSession extends RedisSession {
  readonly client: Cluster;
  readonly kind = "cluster";
  readonly #endMs: number;
  readonly #onLoss = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshes = false;

  constructor(settings: RedisSettings, options: RedisSessionOptions) {
    super(settings, options);
    const { purpose, found } = options;
    this.#endMs = 2 * settings.connectTimeoutMs;
    this.client = new Cluster([found.host], {
      ...clusterOptions(sessionOptions(settings, purpose)),
      clusterRetryStrategy: () => null,
    });
    completeClusterEndpoints(this.client);
    this.client.on("error", (thrown) => this.remember(thrown));
    this.client.on("+node", ({ options }: Redis) => this.forget(`${options.host}:${options.port}`));
    this.client.on("-node", () => this.#refreshIn(SOON_MS));
    this.client.on("node error", (thrown, server) => this.#onNodeError(thrown, server));
    this.client.on("close", () => this.lose(this.#closeReason));
  }

  override async start(signal: AbortSignal): Promise<void> {
    await super.start(signal);
    this.#refreshes = true;
    this.#refreshIn(REFRESH_MS);
  }

  /** During its start, the client closes if the first server that it asks is not ready. */
  get #closeReason(): string {
    return this.#refreshes
      ? "no server of the cluster is connected"
      : "a server of the cluster does not answer, or reports that the cluster is down";
  }

  masters(): Redis[] {
    return this.client.nodes("master");
  }

  override async whileConnected<T>(work: () => Promise<T>): Promise<T> {
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

  override refresh(): Promise<void> {
    return new Promise((resolve) => this.client.refreshSlotsCache(() => resolve()));
  }

  noteError(thrown: unknown): void {
    if (isLoginRefused(thrown)) this.fail(this.explain(thrown));
    else if (wantsNewSession(thrown)) this.#refreshIn(SOON_MS);
  }

  protected end(): Promise<void> {
    this.#refreshes = false;
    clearTimeout(this.#timer);
    return endCluster(this.client, this.#endMs);
  }

  protected override lose(reason: string): void {
    super.lose(reason);
    for (const fail of this.#onLoss) fail();
  }

  #onNodeError(thrown: unknown, server: string): void {
    this.remember(thrown, server);
    if (isLoginRefused(thrown)) this.fail(this.explain(thrown));
    this.#refreshIn(SOON_MS);
  }

  #refreshIn(delayMs: number): void {
    if (!this.#refreshes) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.client.status === "ready") this.client.refreshSlotsCache();
      this.#useConnections();
      this.#refreshIn(REFRESH_MS);
    }, delayMs);
  }

  /** Uses each connection: servers (`timeout` in redis.conf) and firewalls close idle ones. */
  #useConnections(): void {
    for (const master of this.masters()) {
      if (master.status === "ready") master.cluster("INFO").catch(() => {});
    }
  }
}
