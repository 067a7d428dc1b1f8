import type { Redis } from "ioredis";
import { formatId, parseId, type StreamId } from "./position.ts";
import { bucketOf, bucketSlot, streamKey } from "./topic.ts";

/** Maximum number of entries that are counted after a position. */
const MAX_EVENTS = 1_000;
/** Maximum number of positions: nodes that are level share one. */
const MAX_LOOKS = 100;

/** The entries after a position in a topic. */
export interface StreamLag {
  /** At most 1,000. */
  readonly events: number;
  /** Age of the first of them, in milliseconds. */
  readonly ageMs: number;
}

/** How far positions are behind; each is read once. */
export class StreamLags {
  readonly #redis: (slot: number) => Redis;
  readonly #looks = new Map<string, Promise<StreamLag>>();

  constructor(redis: (slot: number) => Redis) {
    this.#redis = redis;
  }

  /** The entries after an entry of a topic; undefined if there are too many positions. */
  async after(topic: string, id: StreamId): Promise<StreamLag | undefined> {
    const name = `${formatId(id)} ${topic}`;
    const known = this.#looks.get(name);
    if (known !== undefined || this.#looks.size >= MAX_LOOKS) return await known;
    const look = this.#look(topic, id);
    this.#looks.set(name, look);
    return await look;
  }

  async #look(topic: string, id: StreamId): Promise<StreamLag> {
    const redis = this.#redis(bucketSlot(bucketOf(topic)));
    const from = `(${formatId(id)}`;
    const entries = await redis.xrange(streamKey(topic), from, "+", "COUNT", MAX_EVENTS);
    const [first] = entries;
    const sentAt = first === undefined ? Date.now() : Number(parseId(first[0]).ms);
    return { events: entries.length, ageMs: Math.max(0, Date.now() - sentAt) };
  }
}
