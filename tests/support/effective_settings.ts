import { driverOptions } from "../../drivers/registry.ts";
import type { HostFacts } from "../../drivers/contract/option.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { loadConfig } from "../../service/config/load_config.ts";
import { coreOptions } from "../../service/config/options/core_options.ts";

/** An account that owns nothing real. */
const FACTS: HostFacts = {
  isRoot: false,
  home: "/nonexistent/home",
  runtimeDirectory: "/nonexistent/run",
};

const NO_FILES = {
  readFile: () => Promise.reject(new Error("no files here")),
  listDirectory: () => Promise.reject(new Error("no directories here")),
};

/**
 * The configuration as the program would read it: the whole option table and some overrides, such
 * as `{ "df.publisher_port": "0" }`.
 */
export function effectiveSettings(
  overrides: Readonly<Record<string, string>> = {},
): Promise<EffectiveConfig> {
  return loadConfig({
    table: [...coreOptions, ...driverOptions],
    overrides: Object.entries(overrides).map(([name, text]) => `${name}=${text}`),
    facts: FACTS,
    io: NO_FILES,
  });
}
