import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { type Logger, silentLogger } from "../../drivers/contract/logger.ts";
import { openEtcdDb } from "../../drivers/db/etcd.ts";
import { type Overrides, testSettings } from "./test_settings.ts";

/** Opens the database at these members, as a program that was configured so would. */
export function openEtcdAt(
  hosts: readonly string[],
  options: Overrides = {},
  log: Logger = silentLogger,
): Promise<NbDbDriver> {
  const named = Object.entries(options).map(([name, text]) => [`df_etcd.${name}`, text]);
  const settings = testSettings({
    "df.remote_db_hosts": hosts.join(","),
    ...Object.fromEntries(named),
  });
  return openEtcdDb({ settings, log });
}
