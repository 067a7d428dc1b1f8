import type { OptionDef } from "../../drivers/contract/option.ts";
import { DEFAULT_GROUP } from "./option_name.ts";

/** The options of one section, in the order of the table. */
export interface OptionGroup {
  /** The name of the section. */
  readonly group: string;
  /** The options, at least one. */
  readonly options: readonly OptionDef[];
}

/** Groups the table by section, `DEFAULT` first. */
export function groupTable(table: readonly OptionDef[]): readonly OptionGroup[] {
  const options = [...new Set(table)];
  const groups = new Set([DEFAULT_GROUP, ...options.map((option) => option.group)]);
  return [...groups]
    .map((group) => ({ group, options: options.filter((option) => option.group === group) }))
    .filter((section) => section.options.length > 0);
}

/** Breaks a text at blanks into lines of at most `width`; a longer word gets a line of its own. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The condition of a reload, to append to a text about it. */
export function ifSet({ reloadable }: OptionDef): string {
  return reloadable === "if-set" ? ", unless the old or the new one is empty" : "";
}
