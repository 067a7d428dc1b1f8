import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { DEFAULT_ORIGIN } from "../service/config/option_resolver.ts";
import { nbDbClass } from "../service/config/options/host.ts";
import { pubSubDriver } from "../service/config/options/pub_sub.ts";

const ETCD = "etcd_nb_db_driver";

/** The default database is etcd at the remote servers, and the bus has Redis there. */
export function databaseProblems(config: EffectiveConfig | undefined): string[] {
  if (config === undefined) return [];
  const database = config.entryOf(nbDbClass);
  const isImplied = database.value === ETCD && database.origin.startsWith(DEFAULT_ORIGIN);
  if (!isImplied || !config.get(pubSubDriver).startsWith("redis")) return [];
  return [
    "df.nb_db_class is not set, and pub_sub_driver says that the remote servers are Redis: " +
    "set it to redis_nb_db_driver, or to sqlite_nb_db_driver for a database on this host",
  ];
}
