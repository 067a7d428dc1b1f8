import type { OptionName } from "../../drivers/contract/option.ts";

/** One assignment of a configuration file, before interpolation and conversion. */
export interface IniAssignment extends OptionName {
  /** The lines of the value joined by newlines, without outer quotes. */
  readonly value: string;
  /** The line of the name, counted from 1. */
  readonly line: number;
}

/** A line that cannot be read. The text of the line is left out: it may be part of a secret. */
export interface IniProblem {
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong and what was wanted. */
  readonly message: string;
}

/** The content of a configuration file. */
export interface IniFile {
  /** In the order of the file; a name may occur several times. */
  readonly assignments: readonly IniAssignment[];
  /** In the order of the file. */
  readonly problems: readonly IniProblem[];
}

/**
 * Parses the text of a configuration file by oslo.config's rules.
 *
 * A comment is a line that begins with `#` or `;`; there are no comments at the end of a line. The
 * first `=` or `:` ends the name. A line that begins with a blank continues the value, after a
 * newline; an empty line or a comment ends the value. Equal quotes around a value are removed.
 * Every problem is reported, not only the first.
 *
 * @see {@link https://docs.openstack.org/oslo.config/latest/configuration/format.html}
 */
export function parseIni(text: string): IniFile {
  const reader = new IniReader();
  // A final line break ends the last line and does not begin another.
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  lines.forEach((line, index) => reader.read(line.trimEnd(), index + 1));
  return reader.finish();
}

class IniReader {
  readonly #assignments: IniAssignment[] = [];
  readonly #problems: IniProblem[] = [];
  #group: string | undefined;
  /** In a section with an invalid header: its options are skipped without an error for each. */
  #skipping = false;
  #open: { readonly name: OptionName; readonly line: number; readonly parts: string[] } | undefined;
  #mayContinue = false;

  read(line: string, number: number): void {
    if (/^[ \t]/.test(line)) return this.#continue(line.trimStart(), number);
    this.#flush();
    this.#mayContinue = false;
    if (line === "" || /^[#;]/.test(line)) return;
    if (line.startsWith("[")) return this.#beginSection(line, number);
    this.#beginValue(line, number);
  }

  finish(): IniFile {
    this.#flush();
    return { assignments: this.#assignments, problems: this.#problems };
  }

  #continue(part: string, line: number): void {
    this.#open?.parts.push(part);
    if (this.#mayContinue) return;
    this.#report(
      line,
      "a line that begins with a blank continues a value, but no value precedes it",
    );
  }

  #beginSection(header: string, line: number): void {
    this.#skipping = !/^\[.+\]$/.test(header);
    this.#group = this.#skipping ? undefined : header.slice(1, -1);
    if (!this.#skipping) return;
    this.#report(line, `section "${header}", wanted [name] and nothing after it`);
  }

  #beginValue(line: string, number: number): void {
    const split = line.search(/[=:]/);
    const name = line.slice(0, Math.max(split, 0)).trim();
    this.#mayContinue = true;
    if (split < 0) return this.#report(number, 'the line has no "=" or ":", wanted name = value');
    if (name === "") return this.#report(number, "the name is missing, wanted name = value");
    if (this.#skipping) return;
    if (this.#group === undefined) {
      return this.#report(
        number,
        `option "${name}" is before the first section, wanted a [group] line above it`,
      );
    }
    const parts = [withoutQuotes(line.slice(split + 1).trim())];
    this.#open = { name: { group: this.#group, name }, line: number, parts };
  }

  #flush(): void {
    if (this.#open === undefined) return;
    const { name, line, parts } = this.#open;
    this.#assignments.push({ ...name, line, value: parts.join("\n") });
    this.#open = undefined;
  }

  #report(line: number, message: string): void {
    this.#problems.push({ line, message });
  }
}

function withoutQuotes(value: string): string {
  const first = value.charAt(0);
  return (first === '"' || first === "'") && value.endsWith(first) ? value.slice(1, -1) : value;
}
