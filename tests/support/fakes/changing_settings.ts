import type { OptionDef, Settings } from "../../../drivers/contract/option.ts";

/** Settings that a test changes while they are in use, as a reload does. */
export class ChangingSettings implements Settings {
  readonly #base: Settings;
  readonly #changed = new Map<OptionDef, unknown>();

  constructor(base: Settings) {
    this.#base = base;
  }

  set<T>(option: OptionDef<T>, value: T): void {
    this.#changed.set(option, value);
  }

  get<T>(option: OptionDef<T>): T {
    return this.#changed.has(option) ? this.#changed.get(option) as T : this.#base.get(option);
  }
}
