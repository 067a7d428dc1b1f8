import { publisherTimeout } from "../config/options/publishers.ts";
import { monitorTablePollTime } from "../config/options/table_monitors.ts";
import { type ListenAddresses, PublisherFollower } from "../publishers/publisher_follower.ts";
import { PublishersTable } from "../publishers/publishers_table.ts";
import type { NetworkSubscriberOptions } from "./network_subscriber.ts";

/** Creates a follower of the configured publishers. */
export function followerFor(
  { settings, driver, db, publisherUris, clock, log }: NetworkSubscriberOptions,
  subscriber: ListenAddresses,
): PublisherFollower {
  const { secures } = driver.traits;
  const timeoutMs = settings.get(publisherTimeout) * 1000;
  const table = db &&
    new PublishersTable(db, { timeoutMs, withSecurity: secures !== undefined, clock });
  return new PublisherFollower(subscriber, table, {
    fixedUris: publisherUris,
    secures,
    pollMs: settings.get(monitorTablePollTime) * 1000,
    clock,
    log,
  });
}
