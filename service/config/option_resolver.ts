import type { HostFacts, OptionDef, OptionName } from "../../drivers/contract/option.ts";
import { defaultText } from "./default_text.ts";
import { didYouMean } from "./edit_distance.ts";
import { interpolate } from "./interpolate.ts";
import { effectiveSetting, type Layer, type Setting } from "./layer.ts";
import type { OptionIndex } from "./option_index.ts";
import { DEFAULT_GROUP, isSameName, nameOf } from "./option_name.ts";

/** The outcome for one option. */
export interface ResolvedOption {
  /** The option this is about. */
  readonly option: OptionDef;
  /** What the option's type made of the text. */
  readonly value: unknown;
  /** `default`, or the {@linkcode Setting.origin} of the text. */
  readonly origin: string;
  /** Whether the value is a secret or was made with one. */
  readonly secret: boolean;
}

/** The origin of a value that nothing sets. */
export const DEFAULT_ORIGIN = "default";

/** What is known about the option whose references are being followed. */
interface Frame {
  readonly option: OptionDef;
  readonly setting: Setting;
  secret: boolean;
}

/** Turns settings into values: interpolates, converts, and collects every problem on the way. */
export class OptionResolver {
  /** What was wrong so far. A problem is told once, where it arises. */
  readonly problems: string[] = [];
  readonly #index: OptionIndex;
  readonly #layers: readonly Layer[];
  readonly #facts: HostFacts;
  readonly #known = new Map<OptionDef, ResolvedOption | undefined>();
  readonly #frames: Frame[] = [];

  /** Resolves options of the index from layers of which later ones win. */
  constructor(index: OptionIndex, layers: readonly Layer[], facts: HostFacts) {
    this.#index = index;
    this.#layers = layers;
    this.#facts = facts;
  }

  /** The value of an option; undefined when it has none because of a problem. */
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
    return { written: option, text: defaultText(option, this.#facts), origin: DEFAULT_ORIGIN };
  }

  #convert(
    option: OptionDef,
    setting: Setting,
    whenEmpty?: () => ResolvedOption | undefined,
  ): ResolvedOption | undefined {
    const frame: Frame = { option, setting, secret: option.secret === true };
    const text = this.#interpolate(frame);
    if (text === undefined) return undefined;
    const value = option.type.parse(text);
    if (value !== undefined) {
      return { option, value, origin: setting.origin, secret: frame.secret };
    }
    if (whenEmpty !== undefined && text.trim() === "") return whenEmpty();
    this.#report(frame, `${shown(frame, text)}, wanted ${option.type.wanted}`);
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
    return referenceText(found);
  }

  #find(reference: string, group: string): OptionDef | undefined {
    const dot = reference.indexOf(".");
    const named: OptionName = dot < 0
      ? { group, name: reference }
      : { group: reference.slice(0, dot), name: reference.slice(dot + 1) };
    return this.#index.find(named) ?? this.#index.find({ group: DEFAULT_GROUP, name: reference });
  }

  #reportUnknown(reference: string, frame: Frame): undefined {
    const { group } = frame.option;
    const hint = didYouMean(reference, [
      ...this.#index.namesIn(group),
      ...this.#index.namesIn(DEFAULT_GROUP),
      ...this.#index.allNames(),
    ]);
    const missing = frame.secret
      ? "it refers to an option that does not exist"
      : `no option "${reference}"${reference.includes(".") ? "" : ` in [${group}] or [DEFAULT]`}` +
        hint;
    this.#report(frame, `${shown(frame)}: ${missing} (write $$ for a dollar sign)`);
  }

  #reportCycle(cycle: readonly Frame[]): undefined {
    const [first] = cycle;
    if (first === undefined) return;
    const path = [...cycle, first].map(({ option }) => nameOf(option)).join(" -> ");
    this.#report(first, `${shown(first)}: its references lead back to it, ${path}`);
  }

  #report({ option, setting }: Frame, what: string): void {
    const alias = isSameName(option, setting.written) ? "" : ` (an alias of ${nameOf(option)})`;
    this.problems.push(`${setting.origin}: ${nameOf(setting.written)}${alias} is ${what}`);
  }
}

/** The text for a message, never that of a secret. */
function shown({ setting, secret }: Frame, text = setting.text): string {
  if (secret) return "***";
  const written = text === setting.text ? "" : ` (written ${JSON.stringify(setting.text)})`;
  return JSON.stringify(text) + written;
}

/** What a reference to the option is replaced by; booleans as Python spells them. */
function referenceText({ option, value }: ResolvedOption): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  return option.type.format(value);
}
