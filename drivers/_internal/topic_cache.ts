/** A topic is at most this many octets of UTF-8. */
export const MAX_TOPIC_BYTES = 256;

const CAPACITY = 4096;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

interface Entry {
  readonly text: string;
  readonly octets: Uint8Array<ArrayBuffer>;
}

/**
 * Turns topics from octets to text and back without making a new string or array each time: a bus
 * carries few topics, each many times. Forgets everything when it is full, so a peer that invents
 * topics costs time, never memory.
 */
export class TopicCache {
  readonly #byHash = new Map<number, Entry>();
  readonly #byText = new Map<string, Entry>();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #last: Entry | undefined;

  /** The topic in the first `length` octets, or undefined when they are no valid topic. */
  text(octets: Uint8Array, length: number): string | undefined {
    const last = this.#last;
    if (last !== undefined && holds(last, octets, length)) return last.text;
    if (length === 0 || length > MAX_TOPIC_BYTES) return undefined;
    const hash = fnv1a(octets, length);
    const known = this.#byHash.get(hash);
    if (known !== undefined && holds(known, octets, length)) {
      this.#last = known;
      return known.text;
    }
    return this.#learn(octets.slice(0, length), hash);
  }

  /** The octets of a topic, or undefined when it is empty, too long or not Unicode. */
  octets(topic: string): Uint8Array<ArrayBuffer> | undefined {
    const known = this.#byText.get(topic);
    if (known !== undefined) return known.octets;
    const octets = new Uint8Array(new TextEncoder().encode(topic));
    if (octets.length === 0 || octets.length > MAX_TOPIC_BYTES) return undefined;
    if (!topic.isWellFormed()) return undefined;
    this.#remember({ text: topic, octets }, fnv1a(octets, octets.length));
    return octets;
  }

  #learn(octets: Uint8Array<ArrayBuffer>, hash: number): string | undefined {
    try {
      const text = this.#decoder.decode(octets);
      this.#last = this.#remember({ text, octets }, hash);
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

function holds(entry: Entry, octets: Uint8Array, length: number): boolean {
  const known = entry.octets;
  if (known.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (known[index] !== octets[index]) return false;
  }
  return true;
}

function fnv1a(octets: Uint8Array, length: number): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < length; index++) {
    hash = Math.imul(hash ^ (octets[index] ?? 0), FNV_PRIME);
  }
  return hash;
}
