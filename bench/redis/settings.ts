import { optionTable } from "../../cli/composition.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { hostFacts, hostFiles } from "../../drivers/host.ts";
import { loadConfig } from "../../service/config/load_config.ts";

/** The options' defaults, with some overrides as `group.option=value`. */
export function benchSettings(overrides: readonly string[]): Promise<Settings> {
  return loadConfig({ table: optionTable, overrides, facts: hostFacts(), io: hostFiles });
}

/** Overrides for a server that listens on this port of the loopback. */
export function serverSetting(port: number): string {
  return `df.remote_db_hosts=127.0.0.1:${port}`;
}
