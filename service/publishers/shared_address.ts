import type { DbRow } from "../../drivers/contract/db.ts";
import type { AdvertisedUri } from "./advertised_uri.ts";
import { isSamePlace } from "./publisher_address.ts";
import { type KeyedPublisherRecord, parsePublisherRecord } from "./publisher_record.ts";

/**
 * The rows that announce a service's own address and therefore belong to it. The original, an
 * earlier run or a former name of this host left them.
 *
 * Any host without a better address announces a loopback address: for these only rows count whose
 * key derives from a name of this host.
 */
export function rowsWithAddress(
  rows: readonly DbRow[],
  { uri, isLoopback }: Pick<AdvertisedUri, "uri" | "isLoopback">,
  hostIds: ReadonlySet<string>,
): KeyedPublisherRecord[] {
  return rows.flatMap(({ key, value }) => {
    const parsed = parsePublisherRecord(value);
    const isOurs = parsed.readable && isSamePlace(parsed.record.uri, uri) &&
      (!isLoopback || hostIds.has(key));
    return isOurs ? [{ key, record: parsed.record }] : [];
  });
}
