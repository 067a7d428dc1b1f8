import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { type Logger, silentLogger } from "../../../drivers/contract/logger.ts";
import type { Settings } from "../../../drivers/contract/option.ts";
import { openEtcdDb } from "../../../drivers/db/etcd.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** Opens the database at these members, as a program that was configured so would. */
export function openEtcdAt(
  hosts: readonly string[],
  options: Overrides = {},
  log: Logger = silentLogger,
): Promise<NbDbDriver> {
  return openEtcdDb({ settings: etcdSettings(hosts, options), log });
}

/** Settings for members at these addresses. @param options of the group `df_etcd` */
export function etcdSettings(hosts: readonly string[], options: Overrides = {}): Settings {
  const named = Object.entries(options).map(([name, text]) => [`df_etcd.${name}`, text]);
  return testSettings({ "df.remote_db_hosts": hosts.join(","), ...Object.fromEntries(named) });
}
