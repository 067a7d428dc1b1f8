import type { DbRow } from "../../drivers/contract/db.ts";
import type { AdvertisedUri } from "./advertised_uri.ts";
import { parsePublisherRecord, type PublisherRecord } from "./publisher_record.ts";

/** A row of the publishers table that announces the address of a service. */
export interface SharedAddressRow {
  /** The key of the row. */
  readonly key: string;
  /** What the row says. */
  readonly record: PublisherRecord;
}

/**
 * The rows that announce a service's own address and so are rows of that service: left by the original,
 * by an earlier run, or under another name of this host.
 *
 * A loopback address is announced by every host that was not told a better one: then only rows count
 * whose key is made from a name of this host.
 */
export function rowsWithAddress(
  rows: readonly DbRow[],
  { uri, isLoopback }: Pick<AdvertisedUri, "uri" | "isLoopback">,
  hostIds: ReadonlySet<string>,
): SharedAddressRow[] {
  return rows.flatMap(({ key, value }) => {
    const parsed = parsePublisherRecord(value);
    const isOurs = parsed.readable && parsed.record.uri === uri &&
      (!isLoopback || hostIds.has(key));
    return isOurs ? [{ key, record: parsed.record }] : [];
  });
}
