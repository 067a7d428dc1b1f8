import type { OptionDef } from "../../drivers/contract/option.ts";
import { variableOf } from "./option_name.ts";
import { groupTable, ifSet, wrap } from "./table_text.ts";

const WIDTH = 100;

/** The options of the table as a Markdown document, a section for each group. */
export function markdownReference(table: readonly OptionDef[]): string {
  const sections = groupTable(table).map(({ group, options }) =>
    [`## \`[${group}]\``, ...options.map(describe)].join("\n\n")
  );
  return `${sections.join("\n\n")}\n`;
}

function describe(option: OptionDef): string {
  const unit = option.unit === undefined ? "" : `, in ${option.unit}`;
  const facts = [
    `Wanted: ${prose(option.type.wanted)}${unit}`,
    `Default: ${shownDefault(option)}`,
    `Variable: ${code(variableOf(option))}`,
    ...(option.aliases ?? []).map(({ group, name }) =>
      `Also read as: ${code(`[${group}] ${name}`)}`
    ),
    ...(option.reloadable
      ? [`A running service adopts a new value on SIGHUP${ifSet(option)}`]
      : []),
    ...(option.secret === true ? ["Secret: never shown, and refused on the command line"] : []),
  ];
  return [
    `### \`${option.name}\``,
    wrap(`${prose(option.help)}.`, WIDTH).join("\n"),
    facts.map((fact) => wrap(`- ${fact}`, WIDTH - 2).join("\n  ")).join("\n"),
  ].join("\n\n");
}

function shownDefault({ default: value, defaultHelp }: OptionDef): string {
  if (defaultHelp !== undefined) return prose(defaultHelp);
  if (typeof value !== "string") return "depends on the host";
  return value === "" ? "empty" : code(value);
}

/** Formats option names, paths with underscores and a single star as code, and escapes `<`. */
function prose(text: string): string {
  return text.replaceAll(
    /[^\s,;()]*_[^\s,;()]*[^\s,;().]|\*|</g,
    (match) => match === "<" ? "\\<" : code(match),
  );
}

function code(text: string): string {
  return `\`${text}\``;
}
