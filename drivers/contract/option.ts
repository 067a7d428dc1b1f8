/**
 * How the text of an option becomes a value.
 *
 * The two conversions are methods so that options of every type fit one table, `OptionDef[]`.
 */
export interface OptionType<T> {
  /** What is wanted, to follow the word "wanted": `an integer from 1 to 65535`. */
  readonly wanted: string;
  /** The value, or undefined when the text is not one. Text is already interpolated. */
  parse(text: string): T | undefined;
  /** The value as text that {@linkcode OptionType.parse} reads back. */
  format(value: T): string;
}

/** What a default may depend on: the account the program runs under. */
export interface HostFacts {
  /** Whether that account may write to the system directories. */
  readonly isRoot: boolean;
  /** The home directory, without a slash at the end. */
  readonly home: string;
  /** Where sockets of that account belong, without a slash at the end. */
  readonly runtimeDirectory: string;
}

/** Where an option stands: its section and name in an ini file. */
export interface OptionName {
  /** The section; `DEFAULT` is the one that everyone shares. */
  readonly group: string;
  /** The name within the section, words joined by underscores. */
  readonly name: string;
}

/**
 * One option: a row of the declarative table that files, variables, flags, help and documentation
 * are all made from. The object itself is the key to read the value with: {@linkcode Settings}.
 */
export interface OptionDef<T = unknown> extends OptionName {
  /** How its text becomes a value. */
  readonly type: OptionType<T>;
  /** As a file would spell it, `$references` included; or made from the facts of the host. */
  readonly default: string | ((facts: HostFacts) => string);
  /** How the documentation spells a default that depends on the host or on other options. */
  readonly defaultHelp?: string;
  /** Another default, where one of these options of its group is set. */
  readonly defaultWhenSet?: { readonly options: readonly string[]; readonly value: string };
  /** One sentence, no final period. */
  readonly help: string;
  /** What a number counts: `seconds`, `bytes`. */
  readonly unit?: string;
  /** Never shown, logged or accepted on a command line. */
  readonly secret?: boolean;
  /**
   * Whether a running service takes over a new value when it reloads its configuration; what reads
   * such an option reads it where it is used. @default false: a new value needs a restart
   */
  readonly reloadable?: boolean;
  /** Older or newer names of the original, in order of preference. */
  readonly aliases?: readonly OptionName[];
}

/** The effective configuration, read by option: `settings.get(publisherPort)` is a number. */
export interface Settings {
  /** The value of an option. @throws {TypeError} for one that is not in the table */
  get<T>(option: OptionDef<T>): T;
}

/** An option but for its type, which the functions below add. */
export type OptionSpec = Omit<OptionDef, "type">;

/** Any text. */
export function stringOption(spec: OptionSpec): OptionDef<string> {
  return { ...spec, type: { wanted: "text", parse: (text) => text, format: String } };
}

/** Text of one of a few spellings. */
export function choiceOption<const C extends string>(
  spec: OptionSpec & { readonly choices: readonly C[] },
): OptionDef<C> {
  const { choices, ...rest } = spec;
  return {
    ...rest,
    type: {
      wanted: `one of ${choices.join(", ")}`,
      parse: (text) => choices.find((choice) => choice === text),
      format: String,
    },
  };
}

/** Text of a certain shape, compared as a whole: anchor the expression. */
export function patternOption(
  spec: OptionSpec & { readonly pattern: RegExp; readonly wanted: string },
): OptionDef<string> {
  const { pattern, wanted, ...rest } = spec;
  const parse = (text: string) => pattern.test(text) ? text : undefined;
  return { ...rest, type: { wanted, parse, format: String } };
}

/** The least and the greatest number an option takes. */
export interface Bounds {
  /** The least number taken. */
  readonly min: number;
  /** The greatest number taken. */
  readonly max: number;
}

/** What `syntax` describes, blanks around it and single underscores between digits aside. */
function parseNumber(text: string, syntax: RegExp, { min, max }: Bounds): number | undefined {
  const bare = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
  if (!syntax.test(bare)) return undefined;
  const value = Number(bare);
  return value >= min && value <= max ? value : undefined;
}

/** A whole number in decimal, leading zeros allowed (`010` is ten), bounds included. */
export function intOption(spec: OptionSpec & Bounds): OptionDef<number> {
  const { min, max, ...rest } = spec;
  const parse = (text: string) => parseNumber(text, /^[+-]?\d+$/, { min, max });
  return {
    ...rest,
    type: { wanted: `an integer from ${min} to ${max}`, parse, format: String },
  };
}

/** A decimal number, exponent allowed, bounds included. */
export function floatOption(spec: OptionSpec & Bounds): OptionDef<number> {
  const { min, max, ...rest } = spec;
  const syntax = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const parse = (text: string) => parseNumber(text, syntax, { min, max });
  return { ...rest, type: { wanted: `a number from ${min} to ${max}`, parse, format: String } };
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["on", true],
  ["yes", true],
  ["false", false],
  ["0", false],
  ["off", false],
  ["no", false],
]);

/** true, 1, on, yes or false, 0, off, no, in any case. */
export function boolOption(spec: OptionSpec): OptionDef<boolean> {
  return {
    ...spec,
    type: {
      wanted: "true, 1, on, yes or false, 0, off, no",
      parse: (text) => BOOLEANS.get(text.toLowerCase()),
      format: (value) => (value ? "true" : "false"),
    },
  };
}

/** The same, or `auto`, which leaves the answer open. */
export function boolOrAutoOption(spec: OptionSpec): OptionDef<boolean | "auto"> {
  return {
    ...spec,
    type: {
      wanted: "true, 1, on, yes, false, 0, off, no or auto",
      parse: (text) => text.toLowerCase() === "auto" ? "auto" : BOOLEANS.get(text.toLowerCase()),
      format: String,
    },
  };
}

/**
 * Texts separated by commas; blanks around them do not count, nor do commas at the end. Brackets
 * and quotes are part of an item: `[::1],[::2]` is two addresses.
 */
export function listOption(spec: OptionSpec): OptionDef<readonly string[]> {
  return {
    ...spec,
    type: { wanted: "a list, separated by commas", parse: parseList, format: (v) => v.join(",") },
  };
}

function parseList(text: string): string[] {
  const bare = text.trim().replace(/,+$/, "");
  return bare === "" ? [] : bare.split(",").map((item) => item.trim());
}

/** The permission bits of a file, in octal: `0660`. */
export function fileModeOption(spec: OptionSpec): OptionDef<number> {
  return {
    ...spec,
    type: {
      wanted: "permission bits in octal, as 0660",
      parse: (text) => /^\s*0?[0-7]{3}\s*$/.test(text) ? Number.parseInt(text, 8) : undefined,
      format: (value) => value.toString(8).padStart(4, "0"),
    },
  };
}
