import { optionTable } from "../cli/composition.ts";
import type { Settings } from "../drivers/contract/option.ts";
import { hostFacts, hostFiles } from "../drivers/host.ts";
import { loadConfig } from "../service/config/load_config.ts";

/** The options' defaults, as the program has them, and a few of `group.option=value` instead. */
export function benchSettings(overrides: readonly string[]): Promise<Settings> {
  return loadConfig({ table: optionTable, overrides, facts: hostFacts(), io: hostFiles });
}

/** What says where the server is that listens on this port of the loopback. */
export function serverSetting(port: number): string {
  return `df.remote_db_hosts=127.0.0.1:${port}`;
}
