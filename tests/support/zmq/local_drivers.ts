import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { DbUnavailable } from "../../../drivers/contract/errors.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { DriverContext, PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { createMemoryDb } from "../../../drivers/db/memory.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { loadPubSubDriver } from "../../../drivers/registry.ts";
import type { DriverLoader } from "../../../service/base/driver_loader.ts";
import { FakeDb } from "../fakes/fake_db.ts";
import { testSettings } from "../test_settings.ts";

/** Overrides that make a configuration use the memory drivers of {@linkcode LocalDrivers}. */
export const MEMORY_DRIVERS = {
  "df.enable_df_pub_sub": "true",
  "df.pub_sub_driver": "network",
  "df.pub_sub_multiproc_driver": "local",
  "df.nb_db_class": "memory",
} as const;

/**
 * The drivers of one simulated installation. The memory drivers `network` and `local` and one
 * memory database are shared by everyone who loads them. Other names come from the registry.
 */
export class LocalDrivers implements DriverLoader {
  readonly context: DriverContext = { settings: testSettings(), log: silentLogger };
  readonly network = createMemoryDriver(this.context);
  /**
   * Subscribers are subscribed to the topics `D` and `t` without a request, as the receiving socket
   * of a service is.
   */
  readonly local: PubSubDriver = alwaysSubscribed(createMemoryDriver(this.context));
  /** Every database client that was opened, in order. */
  readonly clients: FakeDb[] = [];
  /** Whether opening the database fails. */
  isDbClosed = false;
  readonly #open = createMemoryDb();

  loadPubSubDriver(name: string, context: DriverContext): Promise<PubSubDriver> {
    if (name === "network") return Promise.resolve(this.network);
    if (name === "local") return Promise.resolve(this.local);
    return loadPubSubDriver(name, context);
  }

  async loadDbDriver(): Promise<NbDbDriver> {
    if (this.isDbClosed) throw new DbUnavailable("Cannot open the database: Permission denied");
    const client = new FakeDb(await this.#open());
    this.clients.push(client);
    return client;
  }

  /** A client of the same database, without faults and not recorded. */
  direct(): Promise<NbDbDriver> {
    return this.#open();
  }

  /** Makes every operation of the clients opened so far fail, or succeed again. */
  setDown(isDown: boolean): void {
    for (const client of this.clients) client.setDown(isDown);
  }
}

function alwaysSubscribed(driver: PubSubDriver): PubSubDriver {
  return {
    ...driver,
    async openSubscriber() {
      const subscriber = await driver.openSubscriber();
      for (const topic of ["D", "t"]) subscriber.registerTopic(topic);
      return subscriber;
    },
  };
}
