import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import { createEtcdDriver } from "../../../drivers/pubsub/etcd.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** A bus on etcd at these members. */
export function etcdDriver(hosts: readonly string[], overrides: Overrides = {}): PubSubDriver {
  const settings = testSettings({ "df.remote_db_hosts": hosts.join(","), ...overrides });
  return createEtcdDriver({ settings, log: silentLogger });
}
