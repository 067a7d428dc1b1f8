import type { DbDriverEntry, PubSubDriverEntry } from "../drivers/contract/driver_entry.ts";
import { hostFacts, hostFiles } from "../drivers/host.ts";
import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { directoryPath } from "../service/config/file_layers.ts";
import { loadConfig as loadSources } from "../service/config/load_config.ts";
import { requireValid } from "./checked_options.ts";
import { DriverSet } from "./driver_set.ts";

/** Where a configuration comes from, in rising precedence: files, directories, variables, `set`. */
export interface ConfigSources {
  /** Files in the format of oslo.config, a later one before an earlier one. @default none */
  readonly files?: readonly string[];
  /** Directories whose `*.conf` are read in sorted order after the files. @default none */
  readonly directories?: readonly string[];
  /** Variables named `OS_<GROUP>__<OPTION>`, as in `Deno.env.toObject()`. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Values by `group.option`: `{ "df.publisher_port": 8866, "df.publishers_ips": ["192.0.2.1"] }`.
   * A text is read as in a file: `$name` is the value of another option, and `$$` a dollar. An
   * option that is undefined is not set.
   *
   * @default the default of each option
   */
  readonly set?: Readonly<
    Record<string, string | number | boolean | readonly string[] | undefined>
  >;
  /** Pub/sub drivers besides those of the library, by a name of their own; their options exist, too. */
  readonly pubSubDrivers?: readonly PubSubDriverEntry[];
  /** Database drivers likewise. */
  readonly dbDrivers?: readonly DbDriverEntry[];
}

/**
 * Reads and checks a whole configuration. Its options are listed in docs/configuration.md.
 *
 * @throws {ConfigError} with all problems of all sources at once
 * @throws {TypeError} for an option of the wrong type
 *
 * @example A file, and one value before it
 * ```ts
 * import { loadConfig, options } from "@df/pubsub";
 *
 * const path = await Deno.makeTempFile({ suffix: ".ini" });
 * await Deno.writeTextFile(path, "[df]\npublisher_port = 8866\nlocal_ip = 192.0.2.7\n");
 *
 * const config = await loadConfig({ files: [path], set: { "df.publisher_port": 9000 } });
 * console.log(config.get(options.publisherPort), config.get(options.localIp)); // 9000 192.0.2.7
 * await Deno.remove(path);
 * ```
 */
export async function loadConfig(sources: ConfigSources = {}): Promise<EffectiveConfig> {
  requireValid(sources);
  const { files = [], directories = [], env, set } = sources;
  const drivers = new DriverSet(sources);
  return await loadSources({
    files: [...files, ...directories.map(directoryPath)],
    ...{ env, set },
    table: drivers.options,
    wantedFor: drivers.wantedFor,
    facts: hostFacts(),
    io: hostFiles,
  });
}
