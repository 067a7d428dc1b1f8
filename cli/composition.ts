import type { Logger } from "../drivers/contract/logger.ts";
import type { OptionDef } from "../drivers/contract/option.ts";
import {
  dbDrivers,
  driverOptions,
  isDriverIn,
  loadDbDriver,
  loadPubSubDriver,
  pubSubDrivers,
} from "../drivers/registry.ts";
import { type Clock, systemClock } from "../service/base/clock.ts";
import { DEFAULT_ORIGIN } from "../service/config/option_resolver.ts";
import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { ConfigError } from "../service/config/config_error.ts";
import { type ConfigReading, readConfig } from "../service/config/load_config.ts";
import { coreOptions } from "../service/config/options/core_options.ts";
import { nbDbClass } from "../service/config/options/host.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../service/config/options/pub_sub.ts";
import { ReloadableSettings } from "../service/config/reloadable_settings.ts";
import type { DriverLoader } from "../service/base/driver_loader.ts";
import { tellFailure, tellingFailures } from "./flags/failure.ts";
import { type ConfigFileFlags, findConfig } from "./flags/find_config.ts";
import type { ExitCode } from "./terminal/exit_code.ts";
import type { Io } from "./terminal/io.ts";
import { createLogger, createTalk, type Talk } from "./terminal/log.ts";
import { LogControl, logWithoutSettings, type UsualLog } from "./terminal/log_control.ts";

/** The flags that every command with a configuration takes. */
export interface CommonFlags extends ConfigFileFlags {
  readonly set?: readonly string[] | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** What a command works with, put together from flags, files and variables. */
export interface Composition {
  /** As it was read at the start. */
  readonly config: EffectiveConfig;
  /** The values in force, of a service that reloads its configuration. */
  readonly settings: ReloadableSettings;
  /** Which files the configuration was read from, or where none was found. */
  readonly configSource: string;
  readonly log: Logger;
  /** How the log is written just now. */
  readonly logControl: LogControl;
  readonly talk: Talk;
  readonly clock: Clock;
  readonly drivers: DriverLoader;
}

/** Every option there is: the core's and the drivers'. */
export const optionTable = [...coreOptions, ...driverOptions];

const ETCD = "etcd_nb_db_driver";

/** The drivers of this program. */
export const registry: DriverLoader = { loadPubSubDriver, loadDbDriver };

/**
 * Reads the configuration, before anything is opened.
 *
 * @param usual how the log is written where nothing says otherwise
 * @throws {ConfigError}
 */
export async function compose(
  flags: CommonFlags,
  io: Io,
  usual: UsualLog = {},
): Promise<Composition> {
  const { config, configSource, warnings, retiredNotice } = await readConfiguration(flags, io);
  const settings = new ReloadableSettings(config);
  const logControl = new LogControl(settings, flags, { err: io.err, env: io.env, usual });
  const log = createLogger(io.err, logControl);
  const talk = createTalk(io.err, logControl);
  log.info(`Configuration: ${configSource}`);
  for (const warning of warnings) log.warn(warning);
  if (retiredNotice !== undefined) log.info(retiredNotice);
  const how = { log, logControl, talk };
  return { config, settings, configSource, ...how, clock: systemClock, drivers: registry };
}

/** Composes a command and runs it. Why it fails is written in the form of its log. */
export async function composeAndRun(
  flags: CommonFlags,
  { io, usual }: { readonly io: Io; readonly usual: UsualLog },
  run: (composition: Composition) => Promise<ExitCode>,
): Promise<ExitCode> {
  let composition: Composition;
  try {
    composition = await compose(flags, io, usual);
  } catch (error) {
    return tellFailure(
      error,
      createTalk(io.err, logWithoutSettings(flags, { err: io.err, usual })),
    );
  }
  return await tellingFailures(composition.talk, () => run(composition));
}

/** What a configuration is read with. */
export type ConfigurationIo = Pick<
  Io,
  "env" | "facts" | "readFile" | "exists" | "listDirectory"
>;

/** A configuration, good or bad, and where it is from. */
export interface SourcesReading extends ConfigReading {
  /** As in {@linkcode Composition}. */
  readonly configSource: string;
}

/**
 * Reads the configuration anew each time, as {@linkcode readSources}.
 *
 * @throws {ConfigError} with all of its problems
 */
export async function readConfiguration(
  flags: CommonFlags,
  io: ConfigurationIo,
): Promise<SourcesReading & { readonly config: EffectiveConfig }> {
  const reading = await readSources(flags, io);
  const { config, problems } = reading;
  if (config === undefined) throw new ConfigError(problems);
  return { ...reading, config };
}

/** Reads the whole configuration and checks it, the names of drivers included. */
export async function readSources(
  flags: CommonFlags,
  io: ConfigurationIo,
): Promise<SourcesReading> {
  const { whenNone, warnings, ...places } = await findConfig(flags, io);
  const reading = await readConfig({
    ...places,
    table: optionTable,
    env: io.env,
    overrides: flags.set,
    wantedFor: wantedDriver,
    facts: io.facts,
    io,
  });
  const { files } = reading;
  const configSource = files.length > 0 ? files.join(", ") : `none (${whenNone})`;
  const problems = [...reading.problems, ...databaseProblems(reading.config)];
  return {
    ...reading,
    config: problems.length > 0 ? undefined : reading.config,
    problems,
    configSource,
    warnings: [...warnings, ...reading.warnings],
  };
}

/** The default database is etcd at the remote servers, and the bus has Redis there. */
function databaseProblems(config: EffectiveConfig | undefined): string[] {
  if (config === undefined) return [];
  const database = config.entryOf(nbDbClass);
  const isImplied = database.value === ETCD && database.origin.startsWith(DEFAULT_ORIGIN);
  if (!isImplied || !config.get(pubSubDriver).startsWith("redis")) return [];
  return [
    "df.nb_db_class is not set, and pub_sub_driver says that the remote servers are Redis: " +
    "set it to redis_nb_db_driver, or to sqlite_nb_db_driver for a database on this host",
  ];
}

function wantedDriver(option: OptionDef, value: unknown): string | undefined {
  const isPubSub = option === pubSubDriver || option === pubSubMultiprocDriver;
  const entries = isPubSub ? pubSubDrivers : option === nbDbClass ? dbDrivers : undefined;
  if (entries === undefined || isDriverIn(entries, String(value))) return undefined;
  return `one of ${entries.map(({ name }) => name).join(", ")}`;
}

/** The drivers, as a comment of a configuration file. */
export function driverComment(): string {
  return driverHelp().split("\n").map((line) => `# ${line}`.trimEnd()).join("\n");
}

function driverHelp(): string {
  const lines = (entries: readonly { name: string; summary: string }[]) =>
    entries.map(({ name, summary }) => `  ${name.padEnd(28)} ${summary}`).join("\n");
  return `Drivers for [df] pub_sub_driver and pub_sub_multiproc_driver:\n${
    lines(pubSubDrivers)
  }\n\n` +
    `Drivers for [df] nb_db_class:\n${lines(dbDrivers)}`;
}
