import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { type Logger, silentLogger } from "../../../drivers/contract/logger.ts";
import type { Settings } from "../../../drivers/contract/option.ts";
import { openRedisDb } from "../../../drivers/db/redis.ts";
import type { DbFixture } from "../../contract/db_contract.ts";
import { type Overrides, testSettings } from "../test_settings.ts";

/** The address of a database, and other options of `df_redis` by name. */
export interface RedisDbTestOptions {
  readonly hosts?: readonly string[];
  readonly options?: Overrides;
  readonly log?: Logger;
}

/** Opens the database, as a program with this configuration would. */
export function openRedisAt(
  { hosts = [], options = {}, log = silentLogger }: RedisDbTestOptions,
): Promise<NbDbDriver> {
  return openRedisDb({ settings: redisSettings(hosts, options), log });
}

/** Settings for servers at these addresses. */
export function redisSettings(hosts: readonly string[], options: Overrides = {}): Settings {
  const named = Object.entries(options).map(([name, text]) => [`df_redis.${name}`, text]);
  return testSettings({ "df.remote_db_hosts": hosts.join(","), ...Object.fromEntries(named) });
}

/** Clients of one database for the contract suite. */
export async function redisFixture(where: RedisDbTestOptions): Promise<DbFixture> {
  const clients = new AsyncDisposableStack();
  const another = async () => clients.use(await openRedisAt(where));
  return {
    db: await another(),
    another,
    [Symbol.asyncDispose]: () => clients.disposeAsync(),
  };
}
