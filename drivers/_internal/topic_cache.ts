/** Maximum size of a topic in bytes of UTF-8. */
export const MAX_TOPIC_BYTES = 256;

const CAPACITY = 4096;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

interface Entry {
  readonly text: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Converts topics between bytes and text without a new string or array each time: a bus carries few
 * topics, each many times. It clears itself when it is full, so a peer that invents topics costs
 * time but no memory.
 */
export class TopicCache {
  readonly #byHash = new Map<number, Entry>();
  readonly #byText = new Map<string, Entry>();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #last: Entry | undefined;

  /** The topic in the bytes from `start` to `end`; undefined if they are not a valid topic. */
  text(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string | undefined {
    const last = this.#last;
    if (last !== undefined && holds(last, bytes, start, end)) return last.text;
    if (end === start || end - start > MAX_TOPIC_BYTES) return undefined;
    const hash = fnv1a(bytes, start, end);
    const known = this.#byHash.get(hash);
    if (known !== undefined && holds(known, bytes, start, end)) {
      this.#last = known;
      return known.text;
    }
    return this.#learn(bytes.subarray(start, end), hash);
  }

  /** The bytes of a topic; undefined if it is empty, too long or not Unicode. */
  bytes(topic: string): Uint8Array<ArrayBuffer> | undefined {
    const known = this.#byText.get(topic);
    if (known !== undefined) return known.bytes;
    const bytes = new Uint8Array(new TextEncoder().encode(topic));
    if (bytes.length === 0 || bytes.length > MAX_TOPIC_BYTES) return undefined;
    if (!topic.isWellFormed()) return undefined;
    this.#remember({ text: topic, bytes }, fnv1a(bytes, 0, bytes.length));
    return bytes;
  }

  #learn(bytes: Uint8Array, hash: number): string | undefined {
    try {
      const text = this.#decoder.decode(bytes);
      // Copied after it is decoded: the decoder makes V8 allocate a buffer outside its heap for a
      // small array that has none yet, and to free many of them takes long.
      this.#last = this.#remember({ text, bytes: new Uint8Array(bytes) }, hash);
      return text;
    } catch {
      return undefined;
    }
  }

  #remember(entry: Entry, hash: number): Entry {
    if (this.#byText.size >= CAPACITY) {
      this.#byText.clear();
      this.#byHash.clear();
    }
    this.#byHash.set(hash, entry);
    this.#byText.set(entry.text, entry);
    return entry;
  }
}

function holds({ bytes: known }: Entry, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = 0; index < known.length; index++) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}

function fnv1a(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), FNV_PRIME);
  }
  return hash;
}
