import type { OptionDef, Settings } from "../../drivers/contract/option.ts";
import type { ConfigEntry, EffectiveConfig } from "./effective_config.ts";

/** An option whose value differs between a new configuration and the current one. */
export interface ConfigChange {
  readonly option: OptionDef;
  /** The current value as text; `***` for a secret. */
  readonly from: string;
  readonly to: string;
  /** Whether it is a secret, or contains one: its values must not be shown. */
  readonly isSecret: boolean;
  /** Whether the new value is in force; otherwise it requires a restart. */
  readonly isAdopted: boolean;
}

/**
 * The settings of a running service. Options that are {@linkcode OptionDef.reloadable} have the
 * value of the latest configuration: read them where they are used, without keeping a copy. All
 * others keep their value from the start.
 */
export class ReloadableSettings implements Settings {
  readonly #started: EffectiveConfig;
  #latest: EffectiveConfig;
  readonly #listeners = new Set<() => Promise<void>>();

  constructor(started: EffectiveConfig) {
    this.#started = started;
    this.#latest = started;
  }

  /** The current value. @throws {TypeError} for an option that is not in the table */
  get<T>(option: OptionDef<T>): T {
    return this.#inForce(option).get(option);
  }

  /** Where the current value comes from. */
  originOf(option: OptionDef): string {
    return this.#inForce(option).originOf(option);
  }

  /** Every option with its current value. */
  entries(): readonly ConfigEntry[] {
    return this.#started.entries().map(({ option }) => this.#inForce(option).entryOf(option));
  }

  #inForce(option: OptionDef, latest = this.#latest): EffectiveConfig {
    const { reloadable } = option;
    const isSetIn = (config: EffectiveConfig) => option.type.format(config.get(option)) !== "";
    const isAdopted = reloadable === "if-set"
      ? isSetIn(latest) === isSetIn(this.#started)
      : reloadable;
    return isAdopted ? latest : this.#started;
  }

  /** Calls `listener` after each reload, until the result is disposed. */
  onReload(listener: () => Promise<void>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Applies the reloadable options of `next`.
   *
   * @returns each option whose value differs from the current one, reloadable or not
   */
  reload(next: EffectiveConfig): readonly ConfigChange[] {
    const changes = next.entries().flatMap(({ option, value: to, isSecret }) => {
      const before = this.#inForce(option);
      const text = option.type.format(next.get(option));
      if (option.type.format(before.get(option)) === text) return [];
      const { value: from, isSecret: wasSecret } = before.entryOf(option);
      const isAdopted = this.#inForce(option, next) === next;
      return [{ option, from, to, isSecret: isSecret || wasSecret, isAdopted }];
    });
    this.#latest = next;
    return changes;
  }

  /** Calls the listeners after a reload, and resolves when they are done. */
  async notify(): Promise<void> {
    await Promise.all(Array.from(this.#listeners, (listener) => listener()));
  }
}
