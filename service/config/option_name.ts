import type { OptionDef, OptionName } from "../../drivers/contract/option.ts";

/** The section of options that belong to no group; the only one whose case matters. */
export const DEFAULT_GROUP = "DEFAULT";

/** The name of an option in messages and in `--set`: `df.publisher_port`. */
export function nameOf({ group, name }: OptionName): string {
  return `${group}.${name}`;
}

/**
 * The group in the form used for comparison: `[DF]` is `[df]`, but `[default]` is not `[DEFAULT]`.
 */
export function normalGroup(group: string): string {
  return group === DEFAULT_GROUP ? group : group.toLowerCase();
}

/** Whether two names stand for the same option. */
export function isSameName(a: OptionName, b: OptionName): boolean {
  return a.name === b.name && normalGroup(a.group) === normalGroup(b.group);
}

/** The environment variable of an option: `OS_DF__PUBLISHER_PORT`. */
export function variableOf({ group, name }: OptionName): string {
  return `OS_${group.toUpperCase()}__${name.toUpperCase()}`;
}

/** All names of an option, in order of precedence: its own, then its aliases. */
export function namesOf(option: OptionDef): readonly OptionName[] {
  return [option, ...(option.aliases ?? [])];
}
