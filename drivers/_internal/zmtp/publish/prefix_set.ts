import { byteText, textBytes } from "../../byte_text.ts";
import type { Topic } from "./topic_table.ts";

const DECODER = new TextDecoder();

/**
 * Topic prefixes, each stored once. libzmq counts at the subscriber: it sends every subscription,
 * but a cancellation only for the last one.
 */
export class PrefixSet {
  readonly #prefixes = new Set<string>();
  /** Number of prefixes per length. */
  readonly #lengths = new Map<number, number>();
  /** Total size of the prefixes, in bytes. */
  bytes = 0;

  get size(): number {
    return this.#prefixes.size;
  }

  /** Returns the first `limit` prefixes, as text. */
  names(limit: number): string[] {
    return Array.from(
      this.#prefixes.values().take(limit),
      (key) => DECODER.decode(textBytes(key)),
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
