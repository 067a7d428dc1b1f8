type Listener = (...values: unknown[]) => void;

/**
 * The part of the class in `node:events` that Commander uses; loading that module takes longer than
 * all of Commander.
 */
export class EventEmitter {
  readonly #listeners = new Map<string, Listener[]>();

  /** Calls `listener` at each event of that name. */
  on(name: string, listener: Listener): this {
    const known = this.#listeners.get(name);
    if (known === undefined) this.#listeners.set(name, [listener]);
    else known.push(listener);
    return this;
  }

  /** Calls the listeners in the order of their registration. Returns false without any. */
  emit(name: string, ...values: unknown[]): boolean {
    const listeners = this.#listeners.get(name) ?? [];
    for (const listener of [...listeners]) listener.apply(this, values);
    return listeners.length > 0;
  }

  /** Number of listeners. */
  listenerCount(name: string): number {
    return this.#listeners.get(name)?.length ?? 0;
  }
}
