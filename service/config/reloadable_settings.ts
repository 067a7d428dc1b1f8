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
 * others keep the value that they have.
 */
export class ReloadableSettings implements Settings {
  #latest: EffectiveConfig;
  /** The configuration that has the value of each option that did not adopt the latest one. */
  readonly #kept = new Map<OptionDef, EffectiveConfig>();
  readonly #listeners = new Set<() => Promise<void>>();

  constructor(started: EffectiveConfig) {
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
    return this.#latest.entries().map(({ option }) => this.#inForce(option).entryOf(option));
  }

  #inForce(option: OptionDef): EffectiveConfig {
    return this.#kept.get(option) ?? this.#latest;
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
      const [was, is] = [before, next].map((config) => option.type.format(config.get(option)));
      const isAdopted = option.reloadable === "if-set"
        ? (was === "") === (is === "")
        : option.reloadable === true;
      if (isAdopted) this.#kept.delete(option);
      else this.#kept.set(option, before);
      if (was === is) return [];
      const { value: from, isSecret: wasSecret } = before.entryOf(option);
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
