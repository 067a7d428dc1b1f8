import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate, type DbUpdateInit } from "../../service/event/db_update.ts";
import { NbApi } from "../../service/node/nb_api.ts";
import { Collector } from "./collector.ts";
import { BY_BROKER, shown } from "./nb_api_fixture.ts";
import { type ServiceParts, serviceParts } from "./service_fixture.ts";

/** An NbApi with followed tables on memory drivers, and the updates that it emits. */
export interface TablesFixture extends AsyncDisposable {
  readonly parts: ServiceParts;
  readonly api: NbApi;
  readonly changes: Collector<DbUpdate>;
  /** Another client of the same database. */
  readonly db: NbDbDriver;
  /** Publishes an event without writing a row. */
  readonly publish: (...updates: DbUpdateInit[]) => Promise<void>;
  /** The updates emitted since the last call, each in one line. */
  readonly takeChanges: () => Promise<string[]>;
}

/** Events are published under the topics of their rows. */
export const SELECTIVE = { "df.enable_selective_topology_distribution": "true" } as const;
/** Longer than any event is in flight. */
const SETTLED_MS = 9_000;

/** An NbApi that follows the tables lport and lswitch. `rows` exist before it starts. */
export async function setUpTables(
  rows: Readonly<Record<string, string | null>> = {},
  overrides: Readonly<Record<string, string>> = {},
  prepare: (parts: ServiceParts) => void = () => {},
): Promise<TablesFixture> {
  const parts = await serviceParts({ ...BY_BROKER, ...overrides });
  const db = await parts.drivers.direct();
  for (const [key, topic] of Object.entries(rows)) {
    await db.create("lport", key, `${key}1`, { topic: topic ?? undefined });
  }
  const api = await NbApi.open({ ...parts, tables: ["lport", "lswitch"] });
  prepare(parts);
  const changes = Collector.reading(api.changes());
  return {
    parts,
    api,
    changes,
    db,
    async publish(...updates) {
      const publisher = await parts.drivers.network.openPublisher();
      for (const update of updates.map(dbUpdate)) {
        publisher.trySend(update.topic, encodeUpdate(update, "map"));
      }
      await parts.clock.settle();
    },
    async takeChanges() {
      await parts.clock.settle();
      return changes.items.splice(0).map(shown);
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await changes.ended;
    },
  };
}

/** Advances the clock until no event in flight can be older than the rows that were read. */
export async function settled({ parts, publish }: TablesFixture): Promise<void> {
  for (let ms = 0; ms < SETTLED_MS; ms += 500) {
    await parts.clock.advance(500);
    await publish({ table: "other", key: "tick", action: "log" });
  }
}

/** Requests that all tables are read again. */
export const SYNC: DbUpdateInit = { table: null, key: null, action: "sync" };
/** Sets a row of lport. */
export const set = (key: string, value: string | null): DbUpdateInit => ({
  table: "lport",
  key,
  action: "set",
  value,
});
