import type { HostFacts, OptionDef } from "../../drivers/contract/option.ts";
import { ConfigError } from "./config_error.ts";
import { contradictions } from "./contradictions.ts";
import { EffectiveConfig } from "./effective_config.ts";
import { type Environment, environmentLayer } from "./environment_layer.ts";
import { type ConfigIo, readFileLayers } from "./file_layers.ts";
import { unusedLogOptions } from "./log_options.ts";
import { OptionIndex } from "./option_index.ts";
import { OptionResolver } from "./option_resolver.ts";
import { type ConfigValue, overrideLayers, programLayers } from "./override_layers.ts";
import { retiredOptionsSet } from "./retired_options.ts";
import { unknownInEnvironment, unknownInLayers } from "./unknown_options.ts";

/** Sources of settings, in rising precedence: files, variables, overrides. */
export interface ConfigSources {
  /** All options. Other options cannot be set or read. */
  readonly table: readonly OptionDef[];
  /**
   * Files in oslo.config's format; a later one wins. `~` is the home directory. A path that ends in
   * a slash is a directory, whose `*.conf` files are read in sorted order.
   */
  readonly files?: readonly string[] | undefined;
  /** Where the names of the files come from, for messages: `DF_PUBSUB_CONFIG`. */
  readonly namedBy?: string | undefined;
  /** Environment variables; those named `OS_<GROUP>__<OPTION>` are settings. */
  readonly env?: Environment | undefined;
  /** The arguments of `--set`: `group.option=value`; the last one wins. */
  readonly overrides?: readonly string[] | undefined;
  /** Values that a program sets, by `group.option`; they count before all other sources. */
  readonly set?: Readonly<Record<string, ConfigValue | undefined>> | undefined;
  /** What is wanted instead of a value that its option's type allows; undefined when it is good. */
  readonly wantedFor?: ((option: OptionDef, value: unknown) => string | undefined) | undefined;
  /** Facts of the host that defaults depend on. */
  readonly facts: HostFacts;
  /** Reads the files. */
  readonly io: ConfigIo;
}

/** The result of reading a configuration, valid or not. */
export interface ConfigReading {
  /** Absent if there are problems. */
  readonly config: EffectiveConfig | undefined;
  /** Everything that prevents the configuration from being used, each problem with its place. */
  readonly problems: readonly string[];
  /** See {@linkcode EffectiveConfig}. */
  readonly warnings: readonly string[];
  /** See {@linkcode EffectiveConfig}. */
  readonly logNotice: string | undefined;
  /** A sentence about options of earlier releases that are set but ignored. */
  readonly retiredNotice: string | undefined;
  /** The files, in rising precedence. */
  readonly files: readonly string[];
}

/**
 * Reads and checks the whole configuration.
 *
 * Within one source an option's own name has precedence over its aliases; a later source has
 * precedence over an earlier one, under any name. Text is interpolated, including defaults: `$name`
 * is an option of the same group or of `DEFAULT`, `${group.name}` is one of any group. It need not
 * be in the table if a file or a variable sets it. An empty value of a number, a boolean, a choice
 * or an address means the default; it is neither None nor an error.
 *
 * @throws {TypeError} when two options of the table claim one name
 */
export async function readConfig(sources: ConfigSources): Promise<ConfigReading> {
  const { table, env = {}, facts, wantedFor } = sources;
  const index = new OptionIndex(table);
  const files = await readFileLayers(sources);
  const overrides = overrideLayers(index, sources.overrides ?? []);
  const set = programLayers(index, sources.set ?? {});
  const given = [...files.layers, environmentLayer(index, env)];
  const resolver = new OptionResolver(index, [...given, ...overrides.layers, ...set.layers], {
    facts,
    env,
    wantedFor,
  });
  const resolved = index.options.map((option) => resolver.resolve(option));
  const problems = [
    ...files.problems,
    ...overrides.problems,
    ...set.problems,
    ...resolver.problems,
  ];
  const warnings = [
    ...unknownInLayers(index, files.layers),
    ...unknownInEnvironment(index, env),
    ...contradictions(index.options, given),
  ];
  const logNotice = unusedLogOptions(files.layers, env);
  const retiredNotice = retiredOptionsSet(index, [
    ...files.layers,
    ...overrides.layers,
    ...set.layers,
  ], env);
  const about = { warnings, logNotice, files: files.files };
  const config = problems.length > 0
    ? undefined
    : new EffectiveConfig(resolved.filter((each) => each !== undefined), about);
  return { config, problems, retiredNotice, ...about };
}

/**
 * Reads and checks the whole configuration, like {@linkcode readConfig}.
 *
 * @throws {ConfigError} with all problems of all sources at once
 * @throws {TypeError} when two options of the table claim one name
 */
export async function loadConfig(sources: ConfigSources): Promise<EffectiveConfig> {
  const { config, problems } = await readConfig(sources);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}
