import type { Redis } from "ioredis";
import type { DriverError } from "../../../contract/errors.ts";
import { isReply } from "../errors.ts";
import { streamKey } from "./topic.ts";

const PATTERN = "{df-pubsub:*}:*";
const KEY = /^\{df-pubsub:\d+\}:(.+)$/s;
const EVERY_MS = 2_000;
const KEYS_AT_ONCE = 1_000;
const MAX_TOPICS = 100_000;

/** Options of a {@linkcode TopicFinder}. */
export interface TopicFinderOptions {
  /** The servers that have the streams now; none while there is no connection. */
  readonly servers: () => readonly Redis[];
  /** Called with each topic once. @param isNew whether it began after the first look */
  readonly onTopic: (topic: string, isNew: boolean) => void;
  /** Called after each look. */
  readonly onLook: () => void;
  /** Translates a refusal of the server. */
  readonly refusalOf: (error: Error) => DriverError;
}

/** Finds the topics that have a stream, and those that begin later: it looks every two seconds. */
export class TopicFinder implements Disposable {
  readonly #options: TopicFinderOptions;
  readonly #known = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  /** Whether one look has found all topics. */
  hasLooked = false;
  /** Why the server does not list the topics. */
  refusal: DriverError | undefined;

  constructor(options: TopicFinderOptions) {
    this.#options = options;
    void this.#look();
  }

  async #look(): Promise<void> {
    const { servers, onLook, refusalOf } = this.#options;
    const looked = servers();
    try {
      for (const redis of looked) await this.#scan(redis);
      this.refusal = undefined;
      this.hasLooked ||= looked.length > 0;
    } catch (error) {
      // Any other failure belongs to the connection, and the next look has another one.
      if (error instanceof Error && isReply(error)) this.refusal = refusalOf(error);
    }
    if (this.#isClosed) return;
    onLook();
    this.#timer = setTimeout(() => void this.#look(), EVERY_MS);
  }

  async #scan(redis: Redis): Promise<void> {
    let cursor = "0";
    do {
      const [next, keys] = await redis.scan(cursor, "MATCH", PATTERN, "COUNT", KEYS_AT_ONCE);
      if (this.#isClosed) return;
      for (const key of keys) this.#note(key);
      cursor = next;
    } while (cursor !== "0");
  }

  #note(key: string): void {
    const topic = KEY.exec(key)?.[1];
    if (topic === undefined || streamKey(topic) !== key || this.#known.has(topic)) return;
    if (this.#known.size >= MAX_TOPICS) return;
    this.#known.add(topic);
    this.#options.onTopic(topic, this.hasLooked);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
