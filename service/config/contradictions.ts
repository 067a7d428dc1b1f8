import type { OptionDef } from "../../drivers/contract/option.ts";
import { isSecret, SECRET_TEXT } from "./effective_config.ts";
import { effectiveSetting, type Layer, type Setting } from "./layer.ts";
import { isSameName, nameOf, namesOf } from "./option_name.ts";

/** Returns a warning for each option that is set to different values under two of its names. */
export function contradictions(
  options: readonly OptionDef[],
  layers: readonly Layer[],
): readonly string[] {
  return options.flatMap((option) => {
    const used = effectiveSetting(layers, option);
    if (used === undefined) return [];
    const others = namesOf(option).filter((name) => !isSameName(name, used.written));
    return others.flatMap((name) => {
      const other = layers.flat().findLast(({ written }) => isSameName(written, name));
      if (other === undefined || isSameValue(option, used, other)) return [];
      return [
        `${settingText(option, other)}, but ${settingText(option, used)}: ` +
        `these are two names of one option; ${valueText(option, used)} is used`,
      ];
    });
  });
}

function isSameValue({ type }: OptionDef, a: Setting, b: Setting): boolean {
  if (a.text.trim() === b.text.trim()) return true;
  const [one, other] = [type.parse(a.text), type.parse(b.text)];
  return one !== undefined && other !== undefined && type.format(one) === type.format(other);
}

function settingText(option: OptionDef, setting: Setting): string {
  return `${setting.origin}: ${nameOf(setting.written)} is ${valueText(option, setting)}`;
}

function valueText(option: OptionDef, { text }: Setting): string {
  return isSecret(option, text) ? SECRET_TEXT : JSON.stringify(text);
}
