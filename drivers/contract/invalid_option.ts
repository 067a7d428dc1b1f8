import { DriverError } from "./errors.ts";
import type { OptionDef, Settings } from "./option.ts";

/**
 * The error for an option whose value, or whose file, cannot be used. Its message begins with the
 * place that sets the option, if one does: `dragonflow.ini:12: [df_zmq] tls_key_file: …`.
 *
 * @param what what the option is, and what was wanted
 * @returns a {@linkcode DriverError} with code `CONFIG_INVALID`
 */
export function invalidOption(
  settings: Settings,
  option: OptionDef,
  what: string,
  options: ErrorOptions = {},
): DriverError {
  const origin = settings.originOf?.(option) ?? "default";
  const place = origin === "default" ? "" : `${origin}: `;
  const message = `${place}[${option.group}] ${option.name}: ${what}`;
  return new DriverError("CONFIG_INVALID", message, options);
}
