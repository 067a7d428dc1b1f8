import type { OptionDef, OptionName, Settings } from "../../drivers/contract/option.ts";
import { nameOf } from "./option_name.ts";
import type { ResolvedOption } from "./option_resolver.ts";

/** What stands for the value of a secret wherever values are shown. */
export const SECRET_TEXT = "***";

/** One option as it may be shown or logged. */
export interface ConfigEntry {
  /** The option this is about. */
  readonly option: OptionDef;
  /** The value as text, references replaced; {@linkcode SECRET_TEXT} for a secret. */
  readonly value: string;
  /** `dragonflow.ini:12`, `variable OS_DF__HOST`, `--set` or `default`. */
  readonly origin: string;
  /** Whether it is a secret, or made from one. */
  readonly isSecret: boolean;
}

/** The values of all options of a table, every one of them valid. Made by `loadConfig`. */
export class EffectiveConfig implements Settings {
  /** Likely mistakes that do not keep the program from running, each with its place. */
  readonly warnings: readonly string[];
  /** What a service's operator should know of options about logs that are not used. */
  readonly logNotice: string | undefined;
  /** The files that were read, in that order. */
  readonly files: readonly string[];
  readonly #resolved: ReadonlyMap<OptionDef, ResolvedOption>;

  /**
   * What a resolver made of every option of a table, in its order.
   *
   * @ignore internal: `loadConfig` makes it
   */
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
    // The value came out of this very object's type.parse: the map's key is the proof.
    return this.#find(option).value as T;
  }

  #find(option: OptionDef): ResolvedOption {
    const found = this.#resolved.get(option);
    if (found !== undefined) return found;
    throw new TypeError(`Option "${nameOf(option)}": not in the table of this configuration`);
  }

  /** Every option in the order of the table, without the values of secrets. */
  entries(): readonly ConfigEntry[] {
    return [...this.#resolved.values()].map(entryOf);
  }

  /** The entry of one option. @throws {TypeError} for an option that is not in the table */
  entryOf(option: OptionDef): ConfigEntry {
    return entryOf(this.#find(option));
  }

  /** How messages spell an option: `df.publisher_port`. */
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
