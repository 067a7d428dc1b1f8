import type { Environment } from "./environment_layer.ts";
import type { Layer } from "./layer.ts";
import { DEFAULT_GROUP, isSameName, variableOf } from "./option_name.ts";

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  on: true,
  yes: true,
  false: false,
  "0": false,
  off: false,
  no: false,
};

const isSet = (text: string) => text.trim() !== "";
const isOn = (text: string) => BOOLEANS[text.trim().toLowerCase()] === true;
const isOff = (text: string) => BOOLEANS[text.trim().toLowerCase()] === false;

/** Options of oslo.log that direct logs elsewhere, with a test for values that do so. */
const LOG_OPTIONS: Readonly<Record<string, (text: string) => boolean>> = {
  log_config_append: isSet,
  log_config: isSet,
  log_file: isSet,
  logfile: isSet,
  log_dir: isSet,
  logdir: isSet,
  use_syslog: isOn,
  syslog_log_facility: isSet,
  use_journal: isOn,
  use_eventlog: isOn,
  use_stderr: isOff,
};

/**
 * A sentence about options that direct the logs of the original elsewhere; undefined if none is
 * set. This program does not use them, so an operator would look for the logs in vain.
 */
export function unusedLogOptions(layers: readonly Layer[], env: Environment): string | undefined {
  const set = Object.entries(LOG_OPTIONS).flatMap(([name, asksFor]) => {
    const option = { group: DEFAULT_GROUP, name };
    const variable = variableOf(option);
    const found = Object.hasOwn(env, variable)
      ? { text: env[variable] ?? "", origin: `variable ${variable}` }
      : layers.flat().findLast(({ written }) => isSameName(written, option));
    return found !== undefined && asksFor(found.text) ? [`${name} (${found.origin})`] : [];
  });
  if (set.length === 0) return undefined;
  return `Logs go to standard error: redirect it, or use journald. ` +
    `Not used: [${DEFAULT_GROUP}] ${set.join(", ")}`;
}
