import type { OptionDef, OptionName } from "../../drivers/contract/option.ts";
import { DEFAULT_GROUP, nameOf, namesOf, normalGroup } from "./option_name.ts";

/** The option table, found by name. */
export class OptionIndex {
  /** Every option once, in the order of the table. */
  readonly options: readonly OptionDef[];
  /** The groups of the table, without `DEFAULT`, which other programs share. */
  readonly groups: ReadonlySet<string>;
  readonly #byName = new Map<string, OptionDef>();

  /** Indexes the names and aliases of a table. @throws {TypeError} when two options claim one name */
  constructor(table: readonly OptionDef[]) {
    this.options = [...new Set(table)];
    const groups = this.options.map((option) => normalGroup(option.group));
    this.groups = new Set(groups.filter((group) => group !== DEFAULT_GROUP));
    for (const option of this.options) this.#claimNames(option);
  }

  #claimNames(option: OptionDef): void {
    for (const name of namesOf(option)) {
      const key = keyOf(name);
      const owner = this.#byName.get(key);
      if (owner !== undefined) {
        throw new TypeError(
          `Option table "${key}": claimed by ${nameOf(owner)} and by ${nameOf(option)}`,
        );
      }
      this.#byName.set(key, option);
    }
  }

  /** Finds an option by its name or an alias. */
  find(name: OptionName): OptionDef | undefined {
    return this.#byName.get(keyOf(name));
  }

  /** The names and aliases in a group. */
  namesIn(group: string): string[] {
    const names = this.options.flatMap((option) => namesOf(option));
    return names.filter((each) => normalGroup(each.group) === normalGroup(group))
      .map((each) => each.name);
  }

  /** Every name and alias in the form of {@linkcode nameOf}. */
  allNames(): string[] {
    return [...this.#byName.keys()];
  }
}

function keyOf({ group, name }: OptionName): string {
  return nameOf({ group: normalGroup(group), name });
}
