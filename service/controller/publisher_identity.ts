import { isPublisherId } from "../event/codec/event_stamp.ts";
import { PUBLISHER_TABLE } from "../event/db_update.ts";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { IdentifiedOptions } from "./publisher_service_options.ts";
import { expectedUri } from "./registration_for.ts";
import type { KeyedPublisherRecord } from "../publishers/publisher_record.ts";
import { rowsWithAddress } from "../publishers/shared_address.ts";

/**
 * Adopts the id of the row that announces the service's address, alive or stale, if it can be in a
 * stamp. Nodes of the original disconnect from an address if one of two rows with it is removed.
 *
 * Without such a row, or if the table cannot be read, the id stays the one derived from the name.
 */
export async function takeOverRow(
  options: IdentifiedOptions,
  db: Pick<NbDbDriver, "entries">,
): Promise<IdentifiedOptions> {
  const { log, ownId, hostIds, settings } = options;
  try {
    const rows = await db.entries(PUBLISHER_TABLE);
    const address = expectedUri(settings);
    const shared = address === undefined
      ? []
      : rowsWithAddress(rows, address, hostIds).filter(({ key }) => isPublisherId(key));
    const row = shared.find(({ key }) => key === ownId) ?? shared.sort(latestFirst)[0];
    if (row !== undefined && row.key !== ownId) {
      log.info(
        `Adopting publisher row "${row.key}", since it announces ${row.record.uri}; ` +
          `the id derived from the name of this host would be "${ownId}"`,
      );
    }
    return { ...options, ownId: row?.key ?? ownId };
  } catch (error) {
    log.warn(`Cannot look for the row of publisher "${ownId}": ${messageOf(error)}`, {
      consequence: "the service uses the id derived from the name of this host",
    });
    return options;
  }
}

function latestFirst(a: KeyedPublisherRecord, b: KeyedPublisherRecord): number {
  return b.record.lastActivityTimestamp - a.record.lastActivityTimestamp;
}
