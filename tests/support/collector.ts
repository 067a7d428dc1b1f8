import assert from "node:assert/strict";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const TIMEOUT_MS = 30_000;

/** Keeps the items that it receives, and lets a test wait for them. */
export class Collector<T> {
  readonly items: T[] = [];
  readonly #added = new Notifier();

  /** Reads a stream in the background until the stream ends. */
  static reading<T>(stream: AsyncIterable<T>): Collector<T> & { readonly ended: Promise<void> } {
    const collector = new Collector<T>();
    const read = async () => {
      for await (const item of stream) collector.add(item);
    };
    return Object.assign(collector, { ended: read() });
  }

  add(...items: readonly T[]): void {
    this.items.push(...items);
    this.#added.notify();
  }

  /** Resolves when the collector holds `wanted` items; fails on timeout. */
  async count(wanted: number): Promise<void> {
    await this.has((items) => items.length >= wanted, `${wanted} items`);
  }

  /** Resolves when the items fulfil a condition; fails on timeout. */
  async has(holds: (items: readonly T[]) => boolean, what = "the wanted"): Promise<void> {
    const isThere = await this.#added.until(() => holds(this.items), { timeoutMs: TIMEOUT_MS });
    assert(isThere, `Waited for ${what}, got ${JSON.stringify(this.items).slice(0, 1000)}`);
  }
}
