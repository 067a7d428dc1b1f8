/** How the text of an option becomes a value. */
export interface OptionType<T> {
  /** What is wanted, to follow the word "wanted": `an integer from 1 to 65535`. */
  readonly wanted: string;
  /** The value, or undefined when the text is not one. Text is already interpolated. */
  readonly parse: (text: string) => T | undefined;
  /** The value as a file would spell it, for `config show` and `config sample`. */
  readonly format: (value: T) => string;
}

/** What a default may depend on: the account the program runs under. */
export interface HostFacts {
  readonly isRoot: boolean;
  readonly home: string;
  readonly runtimeDirectory: string;
}

/** Where an option stands: its section and name in an ini file. */
export interface OptionName {
  readonly group: string;
  readonly name: string;
}

/**
 * One option: a row of the declarative table that files, variables, flags, help and documentation
 * are all made from. The object itself is the key to read the value with: {@linkcode Settings}.
 */
export interface OptionDef<T = unknown> extends OptionName {
  readonly type: OptionType<T>;
  /** As a file would spell it, `$references` included; or made from the facts of the host. */
  readonly default: string | ((facts: HostFacts) => string);
  /** How the documentation spells a default that depends on the host. */
  readonly defaultHelp?: string;
  /** One sentence, no final period. */
  readonly help: string;
  /** What a number counts: `seconds`, `bytes`. */
  readonly unit?: string;
  /** Never shown, logged or accepted on a command line. */
  readonly secret?: boolean;
  /** Older or newer names of the original, in order of preference. */
  readonly aliases?: readonly OptionName[];
}

/** The effective configuration, read by option: `settings.get(publisherPort)` is a number. */
export interface Settings {
  get<T>(option: OptionDef<T>): T;
}

type OptionSpec = Omit<OptionDef, "type">;

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

/** A whole number in decimal, leading zeros allowed, bounds included. */
export function intOption(
  spec: OptionSpec & { readonly min: number; readonly max: number },
): OptionDef<number> {
  const { min, max, ...rest } = spec;
  const parse = (text: string) => {
    if (!/^\s*[+-]?\d+\s*$/.test(text)) return undefined;
    const value = Number.parseInt(text, 10);
    return value >= min && value <= max ? value : undefined;
  };
  return {
    ...rest,
    type: { wanted: `an integer from ${min} to ${max}`, parse, format: String },
  };
}

/** A decimal number, bounds included. */
export function floatOption(
  spec: OptionSpec & { readonly min: number; readonly max: number },
): OptionDef<number> {
  const { min, max, ...rest } = spec;
  const parse = (text: string) => {
    if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return undefined;
    const value = Number.parseFloat(text);
    return value >= min && value <= max ? value : undefined;
  };
  return { ...rest, type: { wanted: `a number from ${min} to ${max}`, parse, format: String } };
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  "true": true,
  "1": true,
  "on": true,
  "yes": true,
  "false": false,
  "0": false,
  "off": false,
  "no": false,
};

/** true, 1, on, yes or false, 0, off, no, in any case. */
export function boolOption(spec: OptionSpec): OptionDef<boolean> {
  return {
    ...spec,
    type: {
      wanted: "true, 1, on, yes or false, 0, off, no",
      parse: (text) => BOOLEANS[text.toLowerCase()],
      format: (value) => (value ? "true" : "false"),
    },
  };
}

/** Texts separated by commas; blanks around them do not count, nor does a comma at the end. */
export function listOption(spec: OptionSpec): OptionDef<readonly string[]> {
  return {
    ...spec,
    type: { wanted: "a list, separated by commas", parse: parseList, format: (v) => v.join(",") },
  };
}

function parseList(text: string): string[] {
  const bare = text.trim().replace(/^\[(.*)\]$/s, "$1");
  if (bare.trim() === "") return [];
  const items = bare.split(",").map((item) => item.trim().replace(/^(['"])(.*)\1$/, "$2"));
  if (items.at(-1) === "") items.pop();
  return items;
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
