/**
 * Converts the text of an option to a value.
 *
 * The two conversions are methods, so that options of every type fit in one table, `OptionDef[]`.
 */
export interface OptionType<T> {
  /** What is wanted, as it follows the word "wanted": `an integer from 1 to 65535`. */
  readonly wanted: string;
  /** The value; undefined if the text is not valid. References in the text are already resolved. */
  parse(text: string): T | undefined;
  /** The value as text, which {@linkcode OptionType.parse} parses. */
  format(value: T): string;
}

/** Facts on which a default may depend: the account of the program. */
export interface HostFacts {
  /** Whether that account may write to the system directories. */
  readonly isRoot: boolean;
  /** The home directory, without a trailing slash. */
  readonly home: string;
  /** The directory for sockets of the account, without a trailing slash. */
  readonly runtimeDirectory: string;
}

/** Section and name of an option in an ini file. */
export interface OptionName {
  /** The section; `DEFAULT` is shared by all programs. */
  readonly group: string;
  /** The name within the section, with words joined by underscores. */
  readonly name: string;
}

/**
 * One option: a row of the declarative table from which files, variables, flags, help and
 * documentation derive. The object itself is the key for reading its value: {@linkcode Settings}.
 */
export interface OptionDef<T = unknown> extends OptionName {
  /** Converts its text to a value. */
  readonly type: OptionType<T>;
  /** The text in a file, including `$references`; or a function of the facts of the host. */
  readonly default: string | ((facts: HostFacts) => string);
  /** How the documentation describes a default that depends on the host or on other options. */
  readonly defaultHelp?: string;
  /** Another default, where one of these options of its group is set. */
  readonly defaultWhenSet?: {
    readonly options: readonly string[];
    readonly value: string;
    /** An option whose value, if it matches, keeps the first default. */
    readonly unless: { readonly option: string; readonly matches: RegExp };
  };
  /** One sentence without a final period. */
  readonly help: string;
  /** The unit of a number: `seconds`, `bytes`. */
  readonly unit?: string;
  /** Whether it is a path: `~/` at its beginning is the home directory. */
  readonly isPath?: boolean;
  /** Whether it must never be shown, logged or accepted on a command line. */
  readonly secret?: boolean;
  /**
   * Whether a running service adopts a new value on a reload: code that uses the option must read
   * it at each use. `if-set`: only if neither the old nor the new value is empty, since an empty
   * one turns a feature off. @default false: a new value requires a restart
   */
  readonly reloadable?: boolean | "if-set";
  /** Other names of the original, in order of precedence. */
  readonly aliases?: readonly OptionName[];
}

/** The effective values of options: `settings.get(publisherPort)` is a number. */
export interface Settings {
  /** The value of an option. @throws {TypeError} for an option that is not in the table */
  get<T>(option: OptionDef<T>): T;
  /**
   * Where the value of an option comes from: `dragonflow.ini:12`, `default`, or `default, as
   * remote_db_ip is set`. @default unknown
   */
  originOf?(option: OptionDef): string;
  /**
   * Calls `listener` after each reload, until the result is disposed: for files that options name.
   * The reload is complete when its promise resolves; it must not reject. @default there is no reload
   */
  onReload?(listener: () => Promise<void>): Disposable;
}

/** An option without its type, which the functions below add. */
export type OptionSpec = Omit<OptionDef, "type">;

/** Creates an option of any text. */
export function stringOption(spec: OptionSpec): OptionDef<string> {
  return { ...spec, type: { wanted: "text", parse: (text) => text, format: String } };
}

/** Creates an option of a path, which may be empty. */
export function pathOption(spec: OptionSpec): OptionDef<string> {
  const { type, ...option } = stringOption(spec);
  return { ...option, isPath: true, type: { ...type, wanted: "a path" } };
}

/** Creates an option with a fixed set of values. */
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

/** Creates an option whose text must match an expression, which should be anchored. */
export function patternOption(
  spec: OptionSpec & { readonly pattern: RegExp; readonly wanted: string },
): OptionDef<string> {
  const { pattern, wanted, ...rest } = spec;
  // Unlike `test`, this starts at the beginning whatever the flags of the expression are.
  const parse = (text: string) => text.search(pattern) < 0 ? undefined : text;
  return { ...rest, type: { wanted, parse, format: String } };
}

/** The minimum and maximum of a number. */
export interface Bounds {
  /** The minimum, inclusive. */
  readonly min: number;
  /** The maximum, inclusive. */
  readonly max: number;
}

/**
 * Parses a number with this syntax; allows blanks around it and single underscores between digits.
 */
function parseNumber(text: string, syntax: RegExp, { min, max }: Bounds): number | undefined {
  const bare = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
  if (!syntax.test(bare)) return undefined;
  const value = Number(bare);
  return value >= min && value <= max ? value : undefined;
}

/** Creates an option of a decimal integer. Leading zeros are allowed (`010` is ten). */
export function intOption(spec: OptionSpec & Bounds): OptionDef<number> {
  const { min, max, ...rest } = spec;
  const parse = (text: string) => parseNumber(text, /^[+-]?\d+$/, { min, max });
  return {
    ...rest,
    type: { wanted: `an integer from ${min} to ${max}`, parse, format: String },
  };
}

/** Creates an option of a decimal number. An exponent is allowed. */
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

/** Creates a boolean option: true, 1, on, yes or false, 0, off, no, in any case. */
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

/** Creates a boolean option that may also be `auto`: then the program decides. */
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
 * Creates an option of texts separated by commas. Blanks around them and commas at the end are
 * ignored. Brackets and quotes are part of an item: `[::1],[::2]` is two addresses.
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

/** Creates an option of a file's permission bits, in octal: `0660`. */
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
