import {
  type HostFacts,
  type OptionDef,
  type OptionName,
  stringOption,
} from "../../drivers/contract/option.ts";
import { defaultText } from "./default_text.ts";
import { didYouMean } from "./edit_distance.ts";
import { isSecret, SECRET_TEXT } from "./effective_config.ts";
import type { Environment } from "./environment_layer.ts";
import { expandHome } from "./expand_home.ts";
import { interpolate } from "./interpolate.ts";
import { effectiveSetting, type Layer, type Setting } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { DEFAULT_GROUP, isSameName, nameOf, variableOf } from "./option_name.ts";

/** The outcome for one option. */
export interface ResolvedOption {
  /** The option this is about. */
  readonly option: OptionDef;
  /** The value that the option's type made of the text. */
  readonly value: unknown;
  /** `default`, or the {@linkcode Setting.origin} of the text. */
  readonly origin: string;
  /** Whether the value is a secret or contains one. */
  readonly secret: boolean;
}

/** The origin of a default value. */
export const DEFAULT_ORIGIN = "default";

/** The other option because of which an option has another default, from its origin; or undefined. */
export function reasonOfDefault(origin: string | undefined): string | undefined {
  return origin === undefined ? undefined : /^default, as (\S+) is set$/.exec(origin)?.[1];
}

/** Inputs of a resolver besides the settings. */
export interface ResolverOptions {
  /** Facts that defaults depend on. */
  readonly facts: HostFacts;
  /** Variables for references to options that are not in the table. */
  readonly env: Environment;
  /**
   * Checks a value that its type accepts. Returns what is wanted instead, or undefined if it is
   * good.
   */
  readonly wantedFor?: ((option: OptionDef, value: unknown) => string | undefined) | undefined;
}

/** Options outside the table whose values may be secrets. */
const MAY_BE_SECRET = /pass|secret|token|key|credential|connection|url/i;

/** The option whose references are being resolved. */
interface Frame {
  readonly option: OptionDef;
  readonly setting: Setting;
  secret: boolean;
}

/** Turns settings into values: interpolates, converts, and collects every problem. */
export class OptionResolver {
  /** The problems so far. Each is reported once, where it arises. */
  readonly problems: string[] = [];
  readonly #index: OptionIndex;
  readonly #layers: readonly Layer[];
  readonly #options: ResolverOptions;
  readonly #foreign = new Map<string, OptionDef>();
  /** Settings of options outside the table from variables. */
  readonly #foreignLayer: Setting[] = [];
  readonly #known = new Map<OptionDef, ResolvedOption | undefined>();
  readonly #frames: Frame[] = [];

  /** Creates a resolver of the index's options. Later layers win. */
  constructor(index: OptionIndex, layers: readonly Layer[], options: ResolverOptions) {
    this.#index = index;
    this.#layers = [...layers, this.#foreignLayer];
    this.#options = options;
  }

  /** The value of an option; undefined if a problem prevents it. */
  resolve(option: OptionDef): ResolvedOption | undefined {
    if (!this.#known.has(option)) this.#known.set(option, this.#resolveNew(option));
    return this.#known.get(option);
  }

  #resolveNew(option: OptionDef): ResolvedOption | undefined {
    const setting = effectiveSetting(this.#layers, option);
    const standard = this.#defaultOf(option);
    if (setting === undefined) return this.#convert(option, standard);
    return this.#convert(option, setting, () => this.#convert(option, standard));
  }

  #defaultOf(option: OptionDef): Setting {
    const other = this.#reasonForOtherDefault(option);
    return other === undefined || option.defaultWhenSet === undefined
      ? { written: option, text: defaultText(option, this.#options.facts), origin: DEFAULT_ORIGIN }
      : {
        written: option,
        text: option.defaultWhenSet.value,
        origin: `${DEFAULT_ORIGIN}, as ${other} is set`,
      };
  }

  /** The option whose value changes the default, or undefined. */
  #reasonForOtherDefault({ group, defaultWhenSet }: OptionDef): string | undefined {
    if (defaultWhenSet === undefined) return undefined;
    const textOf = (name: string) => {
      const other = this.#index.find({ group, name });
      const setting = other && effectiveSetting(this.#layers, other);
      return setting && !meansDefault(other, setting.text) ? setting.text : undefined;
    };
    const { options, unless } = defaultWhenSet;
    if (unless.matches.test(textOf(unless.option) ?? "")) return undefined;
    return options.find((name) => textOf(name) !== undefined);
  }

  #convert(
    option: OptionDef,
    setting: Setting,
    whenEmpty?: () => ResolvedOption | undefined,
  ): ResolvedOption | undefined {
    const frame: Frame = { option, setting, secret: isSecret(option, setting.text) };
    const written = this.#interpolate(frame);
    if (written === undefined) return undefined;
    const text = option.isPath ? expandHome(written, this.#options.facts) : written;
    frame.secret ||= isSecret(option, text);
    const value = option.type.parse(text);
    const wanted = value === undefined
      ? option.type.wanted
      : this.#options.wantedFor?.(option, value);
    if (wanted === undefined) {
      return { option, value, origin: setting.origin, secret: frame.secret };
    }
    if (whenEmpty !== undefined && meansDefault(option, text)) return whenEmpty();
    this.#report(frame, `${shown(frame, text)}, wanted ${wanted}`);
    return undefined;
  }

  #interpolate(frame: Frame): string | undefined {
    this.#frames.push(frame);
    try {
      return interpolate(frame.setting.text, (reference) => this.#lookUp(reference, frame));
    } finally {
      this.#frames.pop();
    }
  }

  #lookUp(reference: string, from: Frame): string | undefined {
    const target = this.#find(reference, from.option.group);
    if (target === undefined) return this.#reportUnknown(reference, from);
    const start = this.#frames.findIndex((frame) => frame.option === target);
    if (start >= 0) return this.#reportCycle(this.#frames.slice(start));
    const found = this.resolve(target);
    if (found === undefined) return undefined;
    from.secret ||= found.secret;
    const text = referenceText(found);
    return text === "" && isDecidedLater(found) ? this.#reportUnset(target, from) : text;
  }

  #find(reference: string, group: string): OptionDef | undefined {
    const dot = reference.indexOf(".");
    const named: OptionName = dot < 0
      ? { group, name: reference }
      : { group: reference.slice(0, dot), name: reference.slice(dot + 1) };
    const standard = { group: DEFAULT_GROUP, name: reference };
    return this.#findOne(named) ?? this.#findOne(standard);
  }

  #findOne(name: OptionName): OptionDef | undefined {
    return this.#index.find(name) ?? this.#findForeign(name);
  }

  /**
   * Finds an option outside the table, such as one of Neutron's, if a file or a variable sets it.
   */
  #findForeign(name: OptionName): OptionDef | undefined {
    const known = this.#foreign.get(nameOf(name));
    if (known !== undefined) return known;
    const variable = variableOf(name);
    const text = this.#options.env[variable];
    if (text !== undefined) {
      this.#foreignLayer.push({ written: name, text, origin: `variable ${variable}` });
    }
    if (!this.#layers.flat().some(({ written }) => isSameName(written, name))) return undefined;
    const secret = MAY_BE_SECRET.test(name.name);
    const option = stringOption({ ...name, secret, default: "", help: "" });
    this.#foreign.set(nameOf(name), option);
    return option;
  }

  #reportUnknown(reference: string, frame: Frame): undefined {
    const { group } = frame.option;
    const hint = didYouMean(reference, [
      ...this.#index.namesIn(group),
      ...this.#index.namesIn(DEFAULT_GROUP),
      ...this.#index.allNames(),
    ]);
    const missing = frame.secret
      ? "it refers to an option that is not set anywhere"
      : `no option "${reference}" is set` +
        `${reference.includes(".") ? "" : ` in [${group}] or [DEFAULT]`}${hint}`;
    this.#report(frame, `${shown(frame)}: ${missing} (write $$ for a dollar sign)`);
  }

  #reportUnset(target: OptionDef, frame: Frame): undefined {
    this.#report(frame, `${shown(frame)}: ${nameOf(target)} is not set, wanted a value for it`);
  }

  #reportCycle(cycle: readonly Frame[]): undefined {
    const [first] = cycle;
    if (first === undefined) return;
    const path = [...cycle, first].map(({ option }) => nameOf(option)).join(" -> ");
    this.#report(first, `${shown(first)}: its references form a cycle: ${path}`);
  }

  #report({ option, setting }: Frame, what: string): void {
    const alias = isSameName(option, setting.written) ? "" : ` (an alias of ${nameOf(option)})`;
    this.problems.push(`${setting.origin}: ${nameOf(setting.written)}${alias} is ${what}`);
  }
}

/** Whether a text is empty, and its option does not accept an empty one. */
function meansDefault({ type }: OptionDef, text: string): boolean {
  return text.trim() === "" && type.parse(text) === undefined;
}

/** Whether the default is replaced at run time, so that the table's default is not the value. */
function isDecidedLater({ option, origin }: ResolvedOption): boolean {
  return origin === DEFAULT_ORIGIN && option.defaultHelp !== undefined;
}

/** The text for a message; hides a secret. */
function shown({ setting, secret }: Frame, text = setting.text): string {
  if (secret) return SECRET_TEXT;
  const written = text === setting.text ? "" : ` (written ${JSON.stringify(setting.text)})`;
  return JSON.stringify(text) + written;
}

/** The text that replaces a reference to the option; booleans are spelled as in Python. */
function referenceText({ option, value }: ResolvedOption): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  return option.type.format(value);
}
