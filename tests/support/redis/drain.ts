import { Redis } from "ioredis";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { Notifier } from "../../../drivers/_internal/notifier.ts";
import type { RedisCluster } from "./cluster.ts";

const CHANNEL = "drain";

/** Detects when a cluster has no frames in flight between its masters. */
export class ClusterDrain implements AsyncDisposable {
  readonly #clients: readonly Redis[];
  readonly #arrived = new Notifier();
  #count = 0;

  static async open(cluster: RedisCluster): Promise<ClusterDrain> {
    const masters = await cluster.masters();
    const drain = new ClusterDrain(
      masters.map(({ host, port }) => new Redis({ host, port, protocol: 3, lazyConnect: true })),
    );
    for (const client of drain.#clients) await client.connect();
    for (const client of drain.#clients) await client.subscribe(CHANNEL);
    return drain;
  }

  private constructor(clients: readonly Redis[]) {
    this.#clients = clients;
    for (const client of clients) client.on("message", () => this.#note());
  }

  #note(): void {
    this.#count++;
    this.#arrived.notify();
  }

  /** Resolves when every frame published before has reached every master. */
  async drained(): Promise<void> {
    this.#count = 0;
    await Promise.all(this.#clients.map((client) => client.publish(CHANNEL, "")));
    await this.#arrived.until(() => this.#count === this.#clients.length ** 2);
  }

  /** A driver whose subscribers never receive frames that were published before they opened. */
  isolated(driver: PubSubDriver): PubSubDriver {
    return {
      ...driver,
      openSubscriber: async (options) => {
        await this.drained();
        return driver.openSubscriber(options);
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    return Promise.resolve();
  }
}
