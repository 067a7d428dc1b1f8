import type { OptionDef, OptionName } from "../../drivers/contract/option.ts";
import { isSameName, namesOf } from "./option_name.ts";

/** The text someone wrote for an option, and where. */
export interface Setting {
  /** The name it was written under: the option's own or an alias. */
  readonly written: OptionName;
  /** As written: neither interpolated nor converted. */
  readonly text: string;
  /** `dragonflow.ini:12`, `variable OS_DF__HOST` or `--set`. */
  readonly origin: string;
}

/** One source of settings: a file, the environment, one `--set`. Later layers win. */
export type Layer = readonly Setting[];

/**
 * What a layer says about an option: under its own name before its aliases, the last one written
 * under that name.
 */
export function settingIn(layer: Layer, option: OptionDef): Setting | undefined {
  for (const name of namesOf(option)) {
    const found = layer.findLast((setting) => isSameName(setting.written, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What counts for an option: the last layer that says anything, under whatever name. */
export function effectiveSetting(
  layers: readonly Layer[],
  option: OptionDef,
): Setting | undefined {
  return layers.map((layer) => settingIn(layer, option)).findLast((found) => found !== undefined);
}
