import { DriverError } from "./errors.ts";
import type { OptionDef, Settings } from "./option.ts";

/**
 * The error for an option whose value cannot be used. Its message begins with the place that sets
 * the option, if one does: `dragonflow.ini:12: [df_zmq] tls_key_file: …`.
 *
 * @param what what the option is, and what was wanted
 * @returns a {@linkcode DriverError} with code `CONFIG_INVALID`
 */
export function invalidOption(settings: Settings, option: OptionDef, what: string): DriverError {
  return new DriverError("CONFIG_INVALID", textOf(settings, option, what));
}

/**
 * The same for an option whose file cannot be used now: unlike the option, it may change at any
 * time.
 *
 * @returns a {@linkcode DriverError} with code `FILE_UNUSABLE`
 */
export function unusableFile(
  settings: Settings,
  option: OptionDef,
  what: string,
  options?: ErrorOptions,
): DriverError {
  return new DriverError("FILE_UNUSABLE", textOf(settings, option, what), options);
}

function textOf(settings: Settings, option: OptionDef, what: string): string {
  const origin = settings.originOf?.(option) ?? "default";
  const place = origin === "default" ? "" : `${origin}: `;
  return `${place}[${option.group}] ${option.name}: ${what}`;
}
