import { kindOf } from "../../drivers/contract/argument.ts";
import type { OptionDef, OptionName, Settings } from "../../drivers/contract/option.ts";
import { nameOf } from "./option_name.ts";
import type { ResolvedOption } from "./option_resolver.ts";

/** Replaces the value of a secret wherever values are shown. */
export const SECRET_TEXT = "***";

const LOGIN = /:.*@/s;

/**
 * Whether a value must not be shown: that of a secret option, or one with a login, as in
 * `redis://user:password@host`.
 */
export function isSecret({ secret }: OptionDef, text: string): boolean {
  return secret === true || LOGIN.test(text);
}

/** An option and its value in a form that can be shown or logged. */
export interface ConfigEntry {
  /** The option this is about. */
  readonly option: OptionDef;
  /** The value as text, with references resolved; {@linkcode SECRET_TEXT} for a secret. */
  readonly value: string;
  /** `dragonflow.ini:12`, `variable OS_DF__HOST`, `--set` or `default`. */
  readonly origin: string;
  /** Whether it is a secret, or contains one. */
  readonly isSecret: boolean;
}

/** The valid values of all options of a table. `loadConfig` creates it. */
export class EffectiveConfig implements Settings {
  /** Likely mistakes that do not prevent the program from running, each with its place. */
  readonly warnings: readonly string[];
  /** A notice for the operator of a service: logging options that are not used. */
  readonly logNotice: string | undefined;
  /** The files that were read, in that order. */
  readonly files: readonly string[];
  readonly #resolved: ReadonlyMap<OptionDef, ResolvedOption>;

  /** Creates it from the resolved options of a table, in the table's order. */
  constructor(
    resolved: readonly ResolvedOption[],
    { warnings, files, logNotice }: Pick<EffectiveConfig, "warnings" | "files" | "logNotice">,
  ) {
    this.#resolved = new Map(resolved.map((each) => [each.option, each]));
    this.warnings = warnings;
    this.files = files;
    this.logNotice = logNotice;
  }

  /** The value of an option. @throws {TypeError} for an option that is not in the table */
  get<T>(option: OptionDef<T>): T {
    // The value comes from the `parse` of this very option object, which is the key of the map.
    return this.#find(option).value as T;
  }

  #find(option: OptionDef): ResolvedOption {
    const found = this.#resolved.get(option);
    if (found !== undefined) return found;
    if (kindOf(option) !== "Object") {
      throw new TypeError(`Option: ${kindOf(option)}, wanted one such as options.publisherPort`);
    }
    throw new TypeError(`Option "${nameOf(option)}": not in the table of this configuration`);
  }

  /** Every option in the order of the table; the values of secrets are hidden. */
  entries(): readonly ConfigEntry[] {
    return [...this.#resolved.values()].map(entryOf);
  }

  /** The entry of one option. @throws {TypeError} for an option that is not in the table */
  entryOf(option: OptionDef): ConfigEntry {
    return entryOf(this.#find(option));
  }

  /** Where the value of an option comes from. */
  originOf(option: OptionDef): string {
    return this.#find(option).origin;
  }

  /** The name of an option in messages: `df.publisher_port`. */
  nameOf(option: OptionName): string {
    return nameOf(option);
  }
}

function entryOf({ option, value, origin, secret }: ResolvedOption): ConfigEntry {
  return {
    option,
    value: secret ? SECRET_TEXT : option.type.format(value),
    origin,
    isSecret: secret,
  };
}
