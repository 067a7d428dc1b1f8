import type { Redis } from "ioredis";
import { compareIds, formatId, parseId, type StreamId } from "./position.ts";
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

/** How far positions are behind; each position and each end of a stream is read once. */
export class StreamLags {
  readonly #redis: (slot: number) => Redis;
  readonly #looks = new Map<string, Promise<StreamLag>>();
  readonly #ends = new Map<string, Promise<readonly StreamId[]>>();

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
    const redis = this.#redisOf(topic);
    const [next] = await redis.xrange(streamKey(topic), `(${formatId(id)}`, "+", "COUNT", 1);
    if (next === undefined) return { events: 0, ageMs: 0 };
    const end = this.#ends.get(topic) ?? this.#readEnd(topic);
    this.#ends.set(topic, end);
    const ids = await end;
    const read = ids.findIndex((each) => compareIds(each, id) <= 0);
    const ageMs = Math.max(0, Date.now() - Number(parseId(next[0]).ms));
    return { events: Math.max(1, read < 0 ? ids.length : read), ageMs };
  }

  /** The last entries of a topic, the newest first. One read serves all positions of the topic. */
  async #readEnd(topic: string): Promise<readonly StreamId[]> {
    const redis = this.#redisOf(topic);
    const entries = await redis.xrevrange(streamKey(topic), "+", "-", "COUNT", MAX_EVENTS);
    return entries.map(([id]) => parseId(id));
  }

  #redisOf(topic: string): Redis {
    return this.#redis(bucketSlot(bucketOf(topic)));
  }
}
