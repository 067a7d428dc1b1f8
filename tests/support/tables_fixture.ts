import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { type DbUpdate, dbUpdate, type DbUpdateInit } from "../../service/event/db_update.ts";
import { NbApi } from "../../service/node/nb_api.ts";
import { Collector } from "./collector.ts";
import { BY_BROKER, shown } from "./nb_api_fixture.ts";
import { type ServiceParts, serviceParts } from "./service_fixture.ts";

/** An NbApi that lives by tables, on memory drivers, and what it hands out. */
export interface TablesFixture extends AsyncDisposable {
  readonly parts: ServiceParts;
  readonly api: NbApi;
  readonly changes: Collector<DbUpdate>;
  /** The same database, beside the NbApi. */
  readonly db: NbDbDriver;
  /** Publishes without writing anything. */
  readonly publish: (...updates: DbUpdateInit[]) => Promise<void>;
  /** What was handed out since it was last asked for, each update in one line. */
  readonly news: () => Promise<string[]>;
}

/** Events go out under the topics of their rows. */
export const SELECTIVE = { "df.enable_selective_topology_distribution": "true" } as const;
/** Longer than any event is on its way. */
const SETTLED_MS = 9_000;

/** An NbApi that lives by the tables lport and lswitch; `rows` are there before it. */
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
    async news() {
      await parts.clock.settle();
      return changes.items.splice(0).map(shown);
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await changes.ended;
    },
  };
}

/** Lets so much time pass that no event on its way may be older than what was read. */
export async function settled({ parts, publish }: TablesFixture): Promise<void> {
  for (let ms = 0; ms < SETTLED_MS; ms += 500) {
    await parts.clock.advance(500);
    await publish({ table: "other", key: "tick", action: "log" });
  }
}

/** Asks for everything to be read again. */
export const SYNC: DbUpdateInit = { table: null, key: null, action: "sync" };
/** A row of lport is set. */
export const set = (key: string, value: string | null): DbUpdateInit => ({
  table: "lport",
  key,
  action: "set",
  value,
});
