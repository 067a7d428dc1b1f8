import { utf8Text } from "../../../drivers/contract/utf8.ts";

/** Longer texts are not kept. */
const MAX_BYTES = 64;
/** A power of two. */
const SLOTS = 64;

/**
 * Texts that were decoded before: events have few tables, actions and topics, each many times. Each
 * slot keeps its last text, so a peer that invents texts costs time but no memory.
 */
export class TextCache {
  readonly #slots: string[] = new Array(SLOTS).fill("");

  /** The text of bytes that are UTF-8. */
  text(bytes: Uint8Array, start: number, length: number): string {
    if (length === 0 || length > MAX_BYTES) return utf8Text(bytes, start, start + length);
    const last = start + length - 1;
    const slot = (length ^ (bytes[start] ?? 0) * 7 ^ (bytes[last] ?? 0) * 13) & (SLOTS - 1);
    const kept = this.#slots[slot] ?? "";
    if (kept.length === length && isAscii(bytes, start, kept)) return kept;
    return this.#slots[slot] = utf8Text(bytes, start, start + length);
  }
}

/** Whether the bytes are a text of ASCII; any other byte stands for no character of its own. */
function isAscii(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const byte = bytes[start + i] ?? 0x80;
    if (byte >= 0x80 || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}
