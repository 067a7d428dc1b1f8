import type { Logger } from "../drivers/contract/logger.ts";
import type { OptionDef } from "../drivers/contract/option.ts";
import { dbDrivers, pubSubDrivers } from "../drivers/registry.ts";
import { DriverSet } from "../library/driver_set.ts";
import { type Clock, systemClock } from "../service/base/clock.ts";
import type { EffectiveConfig } from "../service/config/effective_config.ts";
import { ConfigError } from "../service/config/config_error.ts";
import { type ConfigReading, readConfig } from "../service/config/load_config.ts";
import { ReloadableSettings } from "../service/config/reloadable_settings.ts";
import type { DriverLoader } from "../service/base/driver_loader.ts";
import { reportFailure, UsageError } from "./flags/failure.ts";
import { type ConfigFileFlags, findConfig } from "./flags/find_config.ts";
import type { ColourFlags } from "./terminal/colour.ts";
import type { ExitCode } from "./terminal/exit_code.ts";
import { type Io, OutputClosed } from "./terminal/io.ts";
import { createLogger, createMessages, type Messages } from "./terminal/log.ts";
import { LogControl, logWithoutSettings, type UsualLog } from "./terminal/log_control.ts";

/** The flags that every command with a configuration takes. */
export interface CommonFlags extends ConfigFileFlags, ColourFlags {
  readonly set?: readonly string[] | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The parts of a command, composed from flags, files and variables. */
export interface Composition {
  /** The configuration at the start. */
  readonly config: EffectiveConfig;
  /** The current values, if a service reloads its configuration. */
  readonly settings: ReloadableSettings;
  /** The files of the configuration, or where none was found. */
  readonly configSource: string;
  readonly log: Logger;
  /** The current level and format of the log. */
  readonly logControl: LogControl;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly drivers: DriverLoader;
}

/** The drivers of this program. */
export const registry: DriverSet = new DriverSet();

/** Every option there is: the core's and the drivers'. */
export const optionTable: readonly OptionDef[] = registry.options;

/**
 * Reads the configuration before anything is opened.
 *
 * @param usual the default level and format of the log
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
  const messages = createMessages(io.err, logControl);
  log.info(`Configuration: ${configSource}`);
  for (const warning of warnings) log.warn(warning);
  if (retiredNotice !== undefined) log.info(retiredNotice);
  const how = { log, logControl, messages };
  return { config, settings, configSource, ...how, clock: systemClock, drivers: registry };
}

/**
 * Composes a command and runs it. Its failure is written in the format of its log.
 *
 * @throws {UsageError} for a mistake in how it was called, which every command reports as text
 */
export async function composeAndRun(
  flags: CommonFlags,
  { io, usual }: { readonly io: Io; readonly usual: UsualLog },
  run: (composition: Composition) => Promise<ExitCode>,
): Promise<ExitCode> {
  let messages = createMessages(io.err, logWithoutSettings(flags, { err: io.err, usual }));
  try {
    const composition = await compose(flags, io, usual);
    messages = composition.messages;
    return await run(composition);
  } catch (error) {
    if (error instanceof OutputClosed || error instanceof UsageError) throw error;
    return reportFailure(error, messages);
  }
}

/** The parts of {@linkcode Io} that reading a configuration needs. */
export type ConfigurationIo = Pick<
  Io,
  "env" | "facts" | "readFile" | "exists" | "listDirectory"
>;

/** A configuration, valid or not, and its source. */
export interface SourcesReading extends ConfigReading {
  /** As in {@linkcode Composition}. */
  readonly configSource: string;
}

/**
 * Reads the configuration like {@linkcode readSources}, anew at each call.
 *
 * @throws {ConfigError} with all problems
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

/** Reads and checks the whole configuration, including the names of drivers. */
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
    wantedFor: registry.wantedFor,
    facts: io.facts,
    io,
  });
  const { files } = reading;
  const configSource = files.length > 0 ? files.join(", ") : `none (${whenNone})`;
  return { ...reading, configSource, warnings: [...warnings, ...reading.warnings] };
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
