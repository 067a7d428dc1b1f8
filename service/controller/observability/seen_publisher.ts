import type { PublisherRow } from "../../publishers/publishers_table.ts";
import type { SeenPublisher } from "./service_view.ts";

/** A row of the publishers table as a service shows it. */
export function seenPublisher(row: PublisherRow): SeenPublisher {
  const { key: id, state } = row;
  if (row.state === "unreadable") return { id, state, uri: null, lastActivityAt: null };
  const { uri, lastActivityTimestamp } = row.record;
  return { id, state, uri, lastActivityAt: lastActivityTimestamp * 1000 };
}
