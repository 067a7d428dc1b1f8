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
import { debug, logFormat, logLevel } from "../service/config/options/observability.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../service/config/options/pub_sub.ts";
import type { DriverLoader } from "../service/driver_loader.ts";
import type { Io } from "./io.ts";
import { createLogger, type LogLevel, type LogOptions } from "./log.ts";

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
  readonly config: EffectiveConfig;
  readonly log: Logger;
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
 * @param usualLevel what is logged when nothing says otherwise: a daemon tells more than a command
 * @throws {ConfigError | DriverError}
 */
export async function compose(
  flags: CommonFlags,
  io: Io,
  usualLevel: LogLevel = "warn",
): Promise<Composition> {
  const config = await loadConfig({
    table: optionTable,
    files: flags.configFile,
    directories: flags.configDir,
    env: io.env,
    overrides: flags.set,
    facts: io.facts,
    io,
  });
  const log = createLogger(io.err, logOptions(config, flags, { io, usualLevel }));
  for (const warning of config.warnings) log.warn(warning);
  findPubSubDriver(config.get(pubSubDriver));
  findPubSubDriver(config.get(pubSubMultiprocDriver));
  findDbDriver(config.get(nbDbClass));
  return { config, log, clock: systemClock, drivers: registry };
}

function logOptions(
  config: EffectiveConfig,
  flags: CommonFlags,
  { io, usualLevel }: { readonly io: Io; readonly usualLevel: LogLevel },
): LogOptions {
  const wanted = config.get(logLevel);
  const usual = wanted !== "auto" ? wanted : config.get(debug) ? "debug" : usualLevel;
  const level = flags.quiet ? "warn" : flags.verbose ? "debug" : usual;
  const format = config.get(logFormat);
  const usualFormat = io.err.isTerminal ? "text" : "json";
  return { level, format: format === "auto" ? usualFormat : format, colour: useColour(io) };
}

/** Colours only on a terminal whose owner has not declined them. */
export function useColour(io: Io): boolean {
  return io.err.isTerminal && !io.env["NO_COLOR"];
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
