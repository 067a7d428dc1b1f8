import type { HostFacts, OptionDef } from "../../drivers/contract/option.ts";
import { escapeReferences } from "./interpolate.ts";

/**
 * The default of an option as a file would spell it. References stay. A dollar sign in a fact of
 * the host, such as the path of a home directory, does not begin a reference.
 */
export function defaultText(option: OptionDef, facts: HostFacts): string {
  if (typeof option.default === "string") return option.default;
  return option.default({
    ...facts,
    home: escapeReferences(facts.home),
    runtimeDirectory: escapeReferences(facts.runtimeDirectory),
  });
}
