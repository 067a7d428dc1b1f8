type Listener = (...values: unknown[]) => void;

/** What Commander uses of the class in `node:events`; loading that takes longer than all of Commander. */
export class EventEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  /** Has `listener` called at each event of that name. */
  on(name: string, listener: Listener): this {
    const known = this.#listeners.get(name);
    if (known === undefined) this.#listeners.set(name, [listener]);
    else known.push(listener);
    return this;
  }

  /** Calls who listens, in order of arrival. False when nobody does. */
  emit(name: string, ...values: unknown[]): boolean {
    const listeners = this.#listeners.get(name) ?? [];
    for (const listener of [...listeners]) listener.apply(this, values);
    return listeners.length > 0;
  }

  /** How many listen. */
  listenerCount(name: string): number {
    return this.#listeners.get(name)?.length ?? 0;
  }
}
