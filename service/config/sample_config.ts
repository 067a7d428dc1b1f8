import type { HostFacts, OptionDef } from "../../drivers/contract/option.ts";
import { defaultText } from "./default_text.ts";
import { variableOf } from "./option_name.ts";
import { groupTable, type OptionGroup, wrap } from "./table_text.ts";

const WIDTH = 79;

/**
 * A configuration file that changes nothing: it explains every option of the table and has its
 * default, for a host of these facts, commented out.
 */
export function sampleConfig(table: readonly OptionDef[], facts: HostFacts): string {
  return groupTable(table).map((section) => sampleSection(section, facts)).join("\n");
}

function sampleSection({ group, options }: OptionGroup, facts: HostFacts): string {
  const samples = options.map((option) => sampleOption(option, facts));
  return [`[${group}]\n`, ...samples].join("\n");
}

function sampleOption(option: OptionDef, facts: HostFacts): string {
  const value = defaultText(option, facts);
  const comments = [
    option.help,
    `Wanted: ${option.type.wanted}${option.unit === undefined ? "" : ` (${option.unit})`}`,
    ...(option.defaultHelp === undefined ? [] : [`Default: ${option.defaultHelp}`]),
    ...(option.aliases ?? []).map(({ group, name }) => `Also read as: [${group}] ${name}`),
    ...(option.secret === true ? [secretComment(option)] : []),
  ];
  const lines = comments.flatMap((comment) => wrap(comment, WIDTH - 2)).map((each) => `# ${each}`);
  return [...lines, `#${option.name} = ${quoted(value)}`.trimEnd(), ""].join("\n");
}

function secretComment(option: OptionDef): string {
  return `Secret: never shown; set it here or in the variable ${variableOf(option)}`;
}

/** The value as a file must spell it, so that its blanks and quotes are kept. */
function quoted(value: string): string {
  return value !== value.trim() || /^(["']).*\1$/s.test(value) ? `"${value}"` : value;
}
