import type { JsonValue } from "../../../../service/event/db_update.ts";

/** Numbers that repeat with the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns a number from 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** Returns an integer from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Random: the list is empty");
    return item;
  }
}

/** Sizes at which headers change, and common sizes. */
const SIZES = [0, 1, 2, 5, 9, 15, 16, 31, 32, 63, 64, 65, 255, 256, 300];
// Without U+FEFF, because the library wrongly drops it from the beginning of a text.
const CHARACTERS = ["a", "Z", " ", '"', "\\", "\n", "\u007f", "é", "ÿ", "α", "端", "😀"];
const INTEGERS = [0, 0x1f, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff];
const EDGES = [...INTEGERS, Number.MAX_SAFE_INTEGER - 1];

export function randomText(random: Random): string {
  const ascii = random.below(2) === 0;
  const size = random.pick(SIZES);
  let text = "";
  while (text.length < size) text += ascii ? "x" : random.pick(CHARACTERS);
  return text;
}

function randomNumber(random: Random): number {
  if (random.below(3) === 0) return (random.next() - 0.5) * 10 ** random.below(300) + 0.1;
  const sign = random.below(2) === 0 ? 1 : -1;
  return sign * (random.pick(EDGES) + random.below(2)) || 0;
}

/** A JSON value with at most `depth` levels. Never negative zero, never the name `__proto__`. */
export function randomValue(random: Random, levels = 4): JsonValue {
  const kind = random.below(levels > 0 ? 7 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.below(2) === 0;
  if (kind <= 3) return randomText(random);
  if (kind === 4) return randomNumber(random);
  const size = random.below(20) === 0 ? 17 : random.below(5);
  if (kind === 5) return Array.from({ length: size }, () => randomValue(random, levels - 1));
  return Object.fromEntries(
    Array.from(
      { length: size },
      (_, i) => [`${i}${randomText(random)}`, randomValue(random, levels - 1)],
    ),
  );
}
