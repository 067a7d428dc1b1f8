import type { OptionName } from "../../drivers/contract/option.ts";
import { didYouMean } from "./edit_distance.ts";
import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { nameOf, variableOf } from "./option_name.ts";
import { isRetired } from "./retired_options.ts";

/** Settings from the command line, and the problems in them. */
export interface OverrideLayers {
  /** One layer for each argument, so that the last one wins, under any name. */
  readonly layers: readonly Layer[];
  /** Malformed arguments, unknown options and secrets. */
  readonly problems: readonly string[];
}

/** Parses `--set` arguments of the form `group.option=value`. The value is not trimmed. */
export function overrideLayers(
  index: OptionIndex,
  overrides: readonly string[],
): OverrideLayers {
  const layers: Layer[] = [];
  const problems: string[] = [];
  for (const override of overrides) {
    const parsed = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(override);
    const [, group = "", name = "", text = ""] = parsed ?? [];
    const problem = parsed === null
      ? `--set "${override.split("=")[0]}": wanted group.option=value`
      : problemWith(index, { group, name });
    if (problem !== undefined) problems.push(problem);
    else layers.push([{ written: { group, name }, text, origin: "--set" }]);
  }
  return { layers, problems };
}

/** A value of an option, as a program gives it: text as a file has it, or what that text means. */
export type ConfigValue = string | number | boolean | readonly string[];

/** Reads what a program sets: values by `group.option`, secrets too. Skips undefined ones. */
export function programLayers(
  index: OptionIndex,
  values: Readonly<Record<string, ConfigValue | undefined>>,
): OverrideLayers {
  const layers: Layer[] = [];
  const problems: string[] = [];
  for (const [fullName, value] of Object.entries(values)) {
    const [group = "", name = ""] = fullName.split(/\.(.*)/s);
    const written = { group, name };
    const origin = `set "${fullName}"`;
    if (index.find(written) === undefined && !isRetired(index, written)) {
      problems.push(`${origin}: no such option${didYouMean(fullName, index.allNames())}`);
    } else if (Array.isArray(value)) {
      layers.push([{ written, text: value.join(","), origin }]);
    } else if (typeof value === "object") {
      // Code without types may pass it.
      problems.push(`${origin}: null or an object, wanted text, a number, a boolean or a list`);
    } else if (value !== undefined) {
      layers.push([{ written, text: String(value), origin }]);
    }
  }
  return { layers, problems };
}

function problemWith(index: OptionIndex, written: OptionName): string | undefined {
  const option = index.find(written);
  const subject = `--set "${nameOf(written)}"`;
  if (isRetired(index, written)) return undefined;
  if (option === undefined) {
    return `${subject}: no such option${didYouMean(nameOf(written), index.allNames())}`;
  }
  if (option.secret !== true) return undefined;
  return `${subject}: it is a secret, and other users can see command lines: ` +
    `set it in a configuration file or in the variable ${variableOf(option)}`;
}
