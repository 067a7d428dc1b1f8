import type { OptionDef, OptionName } from "../../drivers/contract/option.ts";
import { isSameName, namesOf } from "./option_name.ts";

/** The text of one setting of an option, and its place. */
export interface Setting {
  /** The name that was used: the option's own or an alias. */
  readonly written: OptionName;
  /** The text before interpolation and conversion. */
  readonly text: string;
  /** `dragonflow.ini:12`, `variable OS_DF__HOST` or `--set`. */
  readonly origin: string;
}

/** One source of settings: a file, the environment, one `--set`. Later layers win. */
export type Layer = readonly Setting[];

/**
 * The setting of an option in a layer: under its own name before its aliases, and the last one
 * under that name.
 */
function settingIn(layer: Layer, option: OptionDef): Setting | undefined {
  for (const name of namesOf(option)) {
    const found = layer.findLast((setting) => isSameName(setting.written, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The effective setting of an option: that of the last layer that has one, under any name. */
export function effectiveSetting(
  layers: readonly Layer[],
  option: OptionDef,
): Setting | undefined {
  return layers.map((layer) => settingIn(layer, option)).findLast((found) => found !== undefined);
}
