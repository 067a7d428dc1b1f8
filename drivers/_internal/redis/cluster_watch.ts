import type { Cluster } from "ioredis";

const REFRESH_MS = 5_000;
const SOON_MS = 100;

/**
 * Keeps a cluster's client informed of which node has which rows: every few seconds, and soon after
 * a node was lost. ioredis alone would learn of a failover from a redirection only, which needs a
 * node that is still there.
 */
export class RedisClusterWatch implements Disposable {
  readonly #cluster: Cluster;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.on("-node", this.refreshSoon);
    cluster.on("node error", this.refreshSoon);
    this.#schedule(REFRESH_MS);
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#cluster.off("-node", this.refreshSoon);
    this.#cluster.off("node error", this.refreshSoon);
  }

  /** Learns within a tenth of a second what has become of the slots. */
  readonly refreshSoon = (): void => this.#schedule(SOON_MS);

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), delayMs);
  }

  #refresh(): void {
    if (this.#cluster.status === "ready") this.#cluster.refreshSlotsCache();
    this.#schedule(REFRESH_MS);
  }
}
