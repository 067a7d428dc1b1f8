import type { HostFacts, OptionDef, Settings } from "../../drivers/contract/option.ts";

/** Texts by `group.name`, as a file would spell the values: `{ "df.publisher_port": "0" }`. */
export type Overrides = Readonly<Record<string, string>>;

/** The account for which defaults are computed. It never owns anything real. */
const FACTS: HostFacts = {
  isRoot: false,
  home: "/nonexistent/home",
  runtimeDirectory: "/nonexistent/run",
};

/**
 * Settings from the options' own defaults and some overrides, with no file and no interpolation.
 * @throws {RangeError} when code first reads an override that its option does not accept
 */
export function testSettings(overrides: Overrides = {}): Settings {
  return {
    get<T>(option: OptionDef<T>): T {
      const { default: standard, type } = option;
      const name = `${option.group}.${option.name}`;
      const text = overrides[name] ??
        (typeof standard === "string" ? standard : standard(FACTS));
      const value = type.parse(text);
      if (value !== undefined) return value;
      throw new RangeError(`Option "${name}": "${text}", wanted ${type.wanted}`);
    },
  };
}
