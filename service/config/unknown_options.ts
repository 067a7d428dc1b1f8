import { didYouMean } from "./edit_distance.ts";
import type { Environment } from "./environment_layer.ts";
import type { Layer } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { normalGroup, variableOf } from "./option_name.ts";
import { UNUSED_ORIGINAL_OPTIONS } from "./original_options.ts";

/**
 * A warning for each option that stands in a group of the table without being in the table, which
 * is most often a slip. Options of the original that are not used here give none.
 */
export function unknownInLayers(index: OptionIndex, layers: readonly Layer[]): string[] {
  return layers.flat().flatMap(({ written, origin }) => {
    const group = normalGroup(written.group);
    if (!index.groups.has(group) || index.find(written) !== undefined) return [];
    if (UNUSED_ORIGINAL_OPTIONS[group]?.has(written.name)) return [];
    const hint = didYouMean(written.name, index.namesIn(group));
    return [`${origin}: [${group}] has no option "${written.name}"${hint}`];
  });
}

/** The same for variables that begin as those of a group do. */
export function unknownInEnvironment(index: OptionIndex, env: Environment): string[] {
  return Object.keys(env).sort().flatMap((variable) =>
    [...index.groups].flatMap((group) => {
      const prefix = variableOf({ group, name: "" });
      if (!variable.startsWith(prefix)) return [];
      const names = index.namesIn(group);
      const known = [...names, ...(UNUSED_ORIGINAL_OPTIONS[group] ?? [])];
      const variables = (each: string[]) => each.map((name) => variableOf({ group, name }));
      if (variables(known).includes(variable)) return [];
      return [
        `variable ${variable}: [${group}] has no such option` +
        didYouMean(variable, variables(names)),
      ];
    })
  );
}
