import { utf8FaultAt, utf8Text } from "../contract/utf8.ts";

/** Maximum size of a topic in bytes of UTF-8. */
export const MAX_TOPIC_BYTES = 256;

const CAPACITY = 4096;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The topic in these bytes; undefined if they are not a valid topic. */
export function topicText(bytes: Uint8Array): string | undefined {
  return isTopicSize(bytes.length) ? decoded(bytes) : undefined;
}

function isTopicSize(bytes: number): boolean {
  return bytes > 0 && bytes <= MAX_TOPIC_BYTES;
}

function decoded(bytes: Uint8Array): string | undefined {
  const isText = utf8FaultAt(bytes, 0, bytes.length) < 0;
  return isText ? utf8Text(bytes, 0, bytes.length) : undefined;
}

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
  #last: Entry | undefined;

  /** The topic in the bytes from `start` to `end`; undefined if they are not a valid topic. */
  text(bytes: Uint8Array, start: number = 0, end: number = bytes.length): string | undefined {
    const last = this.#last;
    if (last !== undefined && holds(last, bytes, start, end)) return last.text;
    if (!isTopicSize(end - start)) return undefined;
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
    if (!isTopicSize(bytes.length)) return undefined;
    if (!topic.isWellFormed()) return undefined;
    this.#remember({ text: topic, bytes }, fnv1a(bytes, 0, bytes.length));
    return bytes;
  }

  #learn(bytes: Uint8Array, hash: number): string | undefined {
    const text = decoded(bytes);
    if (text !== undefined) {
      this.#last = this.#remember({ text, bytes: new Uint8Array(bytes) }, hash);
    }
    return text;
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
