import type { Logger } from "../drivers/contract/logger.ts";
import {
  dbDrivers,
  driverOptions,
  findDbDriver,
  findPubSubDriver,
  loadDbDriver,
  loadPubSubDriver,
  pubSubDrivers,
} from "../drivers/registry.ts";
import { type Clock, systemClock } from "../service/clock.ts";
import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { loadConfig } from "../service/config/load_config.ts";
import { coreOptions } from "../service/config/options/core_options.ts";
import { nbDbClass } from "../service/config/options/host.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../service/config/options/pub_sub.ts";
import { ReloadableSettings } from "../service/config/reloadable_settings.ts";
import type { DriverLoader } from "../service/driver_loader.ts";
import type { Io } from "./io.ts";
import { createLogger, createTalk, type Talk } from "./log.ts";
import { LogControl, type UsualLog } from "./log_control.ts";

/** The flags that every command with a configuration takes. */
export interface CommonFlags {
  readonly configFile?: readonly string[] | undefined;
  readonly configDir?: readonly string[] | undefined;
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
  readonly log: Logger;
  /** How the log is written just now. */
  readonly logControl: LogControl;
  readonly talk: Talk;
  readonly clock: Clock;
  readonly drivers: DriverLoader;
}

/** Every option there is: the core's and the drivers'. */
export const optionTable = [...coreOptions, ...driverOptions];

/** The drivers of this program. */
export const registry: DriverLoader = { loadPubSubDriver, loadDbDriver };

/**
 * Reads the whole configuration and checks it, the names of drivers included, before anything is
 * opened.
 *
 * @param usual how the log is written where nothing says otherwise
 * @throws {ConfigError | DriverError}
 */
export async function compose(
  flags: CommonFlags,
  io: Io,
  usual: UsualLog = {},
): Promise<Composition> {
  const config = await readConfiguration(flags, io);
  const settings = new ReloadableSettings(config);
  const logControl = new LogControl(settings, flags, { err: io.err, env: io.env, usual });
  const log = createLogger(io.err, logControl);
  const talk = createTalk(io.err, logControl);
  for (const warning of config.warnings) log.warn(warning);
  return { config, settings, log, logControl, talk, clock: systemClock, drivers: registry };
}

/** Reads and checks the configuration that the flags name; does so anew each time. */
export async function readConfiguration(
  flags: CommonFlags,
  io: Pick<Io, "env" | "facts" | "readTextFile" | "listDirectory">,
): Promise<EffectiveConfig> {
  const config = await loadConfig({
    table: optionTable,
    files: flags.configFile,
    directories: flags.configDir,
    env: io.env,
    overrides: flags.set,
    facts: io.facts,
    io,
  });
  findPubSubDriver(config.get(pubSubDriver));
  findPubSubDriver(config.get(pubSubMultiprocDriver));
  findDbDriver(config.get(nbDbClass));
  return config;
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
