import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate } from "../../service/event/db_update.ts";
import {
  NetworkSubscriber,
  type NetworkSubscriberOptions,
} from "../../service/receive/network_subscriber.ts";
import { Collector } from "./collector.ts";
import { effectiveSettings } from "./effective_settings.ts";
import { FakeClock } from "./fakes/fake_clock.ts";
import { FakeDb } from "./fakes/fake_db.ts";
import { publisherText } from "./publisher_rows.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";
import { zmqDriver } from "./zmq/zmq_drivers.ts";

/** The database, clock and log of a node, and methods that change them. */
export class NetworkFixture {
  readonly clock = new FakeClock();
  readonly log = new RecordingLogger();
  readonly updates = new Collector<DbUpdate>();
  readonly health = new Collector<HealthEvent>();

  /** The events and notices that the node reads. */
  readonly db: FakeDb;
  readonly #direct: NbDbDriver;

  private constructor(db: FakeDb, direct: NbDbDriver) {
    this.db = db;
    this.#direct = direct;
  }

  static async create(): Promise<NetworkFixture> {
    const { db, direct } = await FakeDb.open();
    return new NetworkFixture(db, direct);
  }

  /** Opens a node's network subscriber on real sockets. */
  async open(options: Partial<NetworkSubscriberOptions> = {}): Promise<NetworkSubscriber> {
    return await NetworkSubscriber.open({
      settings: await effectiveSettings(),
      driver: zmqDriver(),
      db: this.db,
      publisherUris: [],
      onUpdates: (updates) => this.updates.add(...updates),
      onHealth: (event) => this.health.add(event),
      clock: this.clock,
      log: this.log,
      random: () => 0,
      ...options,
    });
  }

  /**
   * Starts a publisher on a free port, or at the address of an earlier publisher that was closed.
   */
  publisher(address?: string): Promise<FramePublisher> {
    const port = address?.split(":").at(-1) ?? "0";
    return zmqDriver({ "df.publisher_port": port }).openPublisher();
  }

  /** Adds a publisher to the table that was last active `ageMs` ago. */
  async list({ address }: { readonly address: string }, ageMs = 0): Promise<void> {
    await this.#direct.create("publisher", address, publisherText("any", ageMs, address));
  }

  async unlist({ address }: { readonly address: string }): Promise<void> {
    await this.#direct.delete("publisher", address);
  }

  /** Resolves when a publisher has become live `times` times. */
  async live({ address }: { readonly address: string }, times = 1): Promise<void> {
    const isIt = (event: HealthEvent) => event.kind === "live" && event.address === address;
    await this.health.has((events) => events.filter(isIt).length >= times, `${address} live`);
  }

  /** The keys of the events so far, or the action for events without a key. */
  get seen(): string[] {
    return this.updates.items.map(({ key, action }) => key ?? action);
  }
}

/** Publishes one update, identified by its key. */
export function announce(publisher: FramePublisher, key: string, table = "lport"): void {
  const update = dbUpdate({ table, key, action: "set", value: "v" });
  publisher.trySend("D", encodeUpdate(update, "map"));
}
