import { byteText, type Topic } from "./topic_table.ts";

const DECODER = new TextDecoder();

/**
 * Prefixes of topics, each once: libzmq counts at the subscriber, sends every subscription and
 * cancels with the last.
 */
export class PrefixSet {
  readonly #prefixes = new Set<string>();
  /** How many prefixes there are of each length. */
  readonly #lengths = new Map<number, number>();
  /** Bytes of all of them. */
  bytes = 0;

  get size(): number {
    return this.#prefixes.size;
  }

  /** The first ones, as text. */
  names(limit: number): string[] {
    return Array.from(
      this.#prefixes.values().take(limit),
      (key) => DECODER.decode(Uint8Array.from(key, (byte) => byte.charCodeAt(0))),
    );
  }

  /** Whether one of them is a prefix of the topic. */
  matches({ key }: Topic): boolean {
    for (const length of this.#lengths.keys()) {
      if (length <= key.length && this.#prefixes.has(key.slice(0, length))) return true;
    }
    return false;
  }

  add(prefix: Uint8Array): void {
    const key = byteText(prefix);
    if (this.#prefixes.has(key)) return;
    this.#prefixes.add(key);
    this.#note(key.length, 1);
  }

  delete(prefix: Uint8Array): void {
    const key = byteText(prefix);
    if (this.#prefixes.delete(key)) this.#note(key.length, -1);
  }

  #note(length: number, change: 1 | -1): void {
    this.bytes += change * length;
    const count = (this.#lengths.get(length) ?? 0) + change;
    if (count > 0) this.#lengths.set(length, count);
    else this.#lengths.delete(length);
  }
}
