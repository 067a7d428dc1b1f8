import { DEFAULT_ORIGIN } from "./option_resolver.ts";
import type { EffectiveConfig } from "./effective_config.ts";

/** One line of `config show`: plain data, ready for a table or JSON. */
export interface ShownOption {
  /** The section of the option. */
  readonly group: string;
  /** Its own name, whatever alias it was set under. */
  readonly name: string;
  /** The value as text; `***` for a secret. */
  readonly value: string;
  /** What a number counts, null where it counts nothing. */
  readonly unit: string | null;
  /** `default`, `dragonflow.ini:12`, `variable OS_DF__HOST` or `--set`. */
  readonly origin: string;
}

/** The effective values with where they come from, in the order of the table. */
export function showConfig(
  config: EffectiveConfig,
  options: { readonly onlySet?: boolean } = {},
): readonly ShownOption[] {
  return config.entries()
    .filter(({ origin }) => options.onlySet !== true || origin !== DEFAULT_ORIGIN)
    .map(({ option, value, origin }) => ({
      group: option.group,
      name: option.name,
      value,
      unit: option.unit ?? null,
      origin,
    }));
}
