import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { namesOf, variableOf } from "./option_name.ts";

/** The variables of a process, by name. */
export type Environment = Readonly<Record<string, string>>;

/** The settings in environment variables: `OS_DF__PUBLISHER_PORT=8866`. */
export function environmentLayer(index: OptionIndex, env: Environment): Layer {
  const names = index.options.flatMap((option) => namesOf(option));
  return names.flatMap((written) => {
    const variable = variableOf(written);
    const text = Object.hasOwn(env, variable) ? env[variable] : undefined;
    return text === undefined ? [] : [{ written, text, origin: `variable ${variable}` }];
  });
}
