import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DbUnavailable } from "../../drivers/contract/errors.ts";
import { reasonOfDefault } from "../../service/config/option_resolver.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { publisherTimeout } from "../../service/config/options/publishers.ts";
import { PublishersTable } from "../../service/publishers/publishers_table.ts";
import type { Composition } from "../composition.ts";

/** The publishers table and its database. */
export interface OpenedTable {
  /** The database in messages: `sqlite at /var/lib/df-pubsub/northbound.sqlite3`. */
  readonly place: string;
  readonly db: Pick<NbDbDriver, "place" | "reach">;
  readonly table: PublishersTable;
}

/**
 * Calls `work` with the publishers table of the configured database, and closes the database. Never
 * creates a database.
 *
 * @throws {DbUnavailable} with the database and the files of the configuration
 */
export async function withTable<T>(
  { config: settings, configSource, log, clock, drivers }: Composition,
  work: (opened: OpenedTable) => Promise<T>,
): Promise<T> {
  const context = { settings, log, create: false };
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  try {
    await using db = await drivers.loadDbDriver(settings.get(nbDbClass), context);
    const table = new PublishersTable(db, { timeoutMs, clock });
    return await work({ place: placeOf(db), db, table });
  } catch (error) {
    if (!(error instanceof DbUnavailable)) throw error;
    const { isOfRow, message } = error;
    const origin = settings.originOf(nbDbClass);
    // The reader may not have known which database is meant.
    const why = reasonOfDefault(origin) !== undefined ? `; nb_db_class: ${origin}` : "";
    throw new DbUnavailable(`${message}${why}; configuration: ${configSource}`, {
      isOfRow,
      cause: error,
    });
  }
}

/** The name of a database in messages. */
export function placeOf({ name, place }: NbDbDriver): string {
  return place === undefined ? name : `${name} at ${place}`;
}
