import type { HostFacts, OptionDef } from "../../drivers/contract/option.ts";
import { ConfigError } from "./config_error.ts";
import { EffectiveConfig } from "./effective_config.ts";
import { type Environment, environmentLayer } from "./environment_layer.ts";
import { type ConfigIo, readFileLayers } from "./file_layers.ts";
import { OptionIndex } from "./option_index.ts";
import { OptionResolver } from "./option_resolver.ts";
import { overrideLayers } from "./override_layers.ts";
import { unknownInEnvironment, unknownInLayers } from "./unknown_options.ts";

/** Where settings come from, in rising precedence: files, directories, variables, overrides. */
export interface ConfigSources {
  /** Every option there is. Nothing else can be set or read. */
  readonly table: readonly OptionDef[];
  /** Files in oslo.config's format; a later one wins. `~` is the home directory. */
  readonly files?: readonly string[] | undefined;
  /** Directories whose `*.conf` are read in sorted order after the files. */
  readonly directories?: readonly string[] | undefined;
  /** Variables; of interest are those named `OS_<GROUP>__<OPTION>`. */
  readonly env?: Environment | undefined;
  /** The arguments of `--set`: `group.option=value`, the last one wins. */
  readonly overrides?: readonly string[] | undefined;
  /** What defaults depend on. */
  readonly facts: HostFacts;
  /** Reads the files. */
  readonly io: ConfigIo;
}

/**
 * Reads and checks the whole configuration.
 *
 * Within one source an option's own name counts before its aliases; a later source counts before
 * an earlier one whatever name it uses. Text is interpolated, defaults too: `$name` is an option
 * of the same group or else of `DEFAULT`, `${group.name}` of any. An empty value where emptiness is
 * no value (of a number, a boolean, a choice, an address) means the default, not None and no error.
 *
 * @throws {ConfigError} with all problems of all sources at once
 * @throws {TypeError} when two options of the table claim one name
 */
export async function loadConfig(sources: ConfigSources): Promise<EffectiveConfig> {
  const { table, env = {}, facts } = sources;
  const index = new OptionIndex(table);
  const files = await readFileLayers(sources);
  const overrides = overrideLayers(index, sources.overrides ?? []);
  const layers = [...files.layers, environmentLayer(index, env), ...overrides.layers];
  const resolver = new OptionResolver(index, layers, facts);
  const resolved = index.options.map((option) => resolver.resolve(option));
  const problems = [...files.problems, ...overrides.problems, ...resolver.problems];
  if (problems.length > 0) throw new ConfigError(problems);
  const warnings = [...unknownInLayers(index, files.layers), ...unknownInEnvironment(index, env)];
  return new EffectiveConfig(resolved.filter((each) => each !== undefined), warnings);
}
