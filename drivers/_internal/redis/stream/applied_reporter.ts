import type { Redis } from "ioredis";
import { messageOf } from "../../../contract/errors.ts";
import type { Logger } from "../../../contract/logger.ts";
import type { OwnSession } from "../../zmtp/session.ts";
import { type AppliedRecord, BEAT_MS, formatRecord, NODES_KEY } from "./applied_record.ts";
import { BEGINNING, compareIds, type StreamId } from "./position.ts";

const MAX_TOPICS = 1_000;

/** Options of an {@linkcode AppliedReporter}. */
export interface AppliedReporterOptions {
  readonly own: OwnSession;
  readonly log: Logger;
  /** The connection to the server of the hash, if there is one. */
  readonly redis: () => Redis | undefined;
  /** The position of the reader in each topic. */
  readonly positions: () => Iterable<readonly [string, StreamId | undefined]>;
}

/**
 * Writes to the server how far the application of a subscriber is: at once when its topics are live
 * and after a second without a report, otherwise once per second, also when nothing has changed.
 *
 * The application counts frames. So positions are noted together with the number of frames that had
 * arrived, and become valid when the application has that number.
 */
export class AppliedReporter {
  readonly #options: AppliedReporterOptions;
  readonly #id = crypto.randomUUID();
  /** Set when the server is connected for the first time. */
  #ticker: ReturnType<typeof setInterval> | undefined;
  #arrived = 0;
  #applied = -1;
  #seen: { readonly arrived: number; readonly ids: Map<string, StreamId> } | undefined;
  #topics = new Map<string, StreamId>();
  #movedAt = 0;
  #connectedAt = 0;
  #hasMoved = false;
  #writtenAt = -Infinity;
  #isWriting = false;
  /** Whether it is to write again when it has written. */
  #isDue = false;
  #isRefused = false;
  #written = Promise.resolve();

  constructor(options: AppliedReporterOptions) {
    this.#options = options;
  }

  /** Notes that a frame has arrived. */
  noteArrived(): void {
    this.#arrived++;
  }

  /** Notes that the application has this number of frames. */
  noteApplied(frames: number): void {
    this.#hasMoved ||= frames > this.#applied;
    this.#applied = frames;
    if (performance.now() - this.#writtenAt >= BEAT_MS) this.#look();
  }

  /** Notes that the server is connected; it may be another one than before. */
  connected(): void {
    this.#ticker ??= setInterval(() => this.#look(), BEAT_MS);
    this.#look();
  }

  /** Its topics are live, a further one among them: the node is waited for from now on. */
  noteLive(): void {
    this.#isDue = true;
    this.#look();
  }

  #look(): void {
    if (this.#applied < 0 || this.#isWriting) return;
    this.#isDue = false;
    this.#take();
    this.#seen ??= { arrived: this.#arrived, ids: this.#positions() };
    this.#take();
    const redis = this.#options.redis();
    if (redis === undefined) return;
    this.#isWriting = true;
    this.#writtenAt = performance.now();
    this.#written = this.#write(redis).finally(() => {
      this.#isWriting = false;
      if (this.#isDue) this.#look();
    });
  }

  #positions(): Map<string, StreamId> {
    const ids = new Map<string, StreamId>();
    for (const [topic, id] of this.#options.positions()) if (id !== undefined) ids.set(topic, id);
    return ids;
  }

  /** Applies the noted positions of the frames that the application has. */
  #take(): void {
    if (this.#seen === undefined || this.#applied < this.#seen.arrived) return;
    for (const [topic, id] of this.#seen.ids) {
      const known = this.#topics.get(topic);
      this.#hasMoved ||= known === undefined || compareIds(known, id) < 0;
    }
    this.#topics = this.#seen.ids;
    this.#seen = undefined;
  }

  async #write(redis: Redis): Promise<void> {
    try {
      const at = await serverTime(redis);
      this.#connectedAt ||= at;
      if (this.#hasMoved || this.#movedAt === 0) this.#movedAt = at;
      this.#hasMoved = false;
      await redis.hset(NODES_KEY, this.#id, formatRecord(this.#record(at)));
      this.#isRefused = false;
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  #record(at: number): AppliedRecord {
    const { node, processId, version } = this.#options.own;
    const placed = this.#positions();
    const topics = placed.keys().take(MAX_TOPICS).map((topic) =>
      [topic, this.#topics.get(topic) ?? BEGINNING] as const
    );
    const times = { connectedAt: this.#connectedAt, at, movedAt: this.#movedAt };
    return {
      node,
      host: Deno.hostname(),
      processId,
      version,
      ...times,
      topicCount: placed.size,
      topics: new Map(topics),
    };
  }

  /** Warns once of a missing permission, which may be granted later. The session does the rest. */
  #noteFailure(error: unknown): void {
    if (this.#isRefused || !messageOf(error).startsWith("NOPERM")) return;
    this.#isRefused = true;
    this.#options.log.warn(
      `Cannot report what the application has: ${messageOf(error)}`,
      {
        consequence: "the commands peers and wait do not see this node",
        wanted: `HSET and HDEL on ${NODES_KEY}`,
      },
    );
  }

  /** Removes the report, so that nothing waits for this node. */
  async close(): Promise<void> {
    clearInterval(this.#ticker);
    while (this.#isWriting) await this.#written;
    if (this.#connectedAt === 0) return;
    await this.#options.redis()?.hdel(NODES_KEY, this.#id).catch(() => {});
  }
}

/**
 * The Unix time of the server in milliseconds; without permission to ask for it, that of this host.
 * Each report asks, because either clock may be set at any time.
 */
async function serverTime(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time().catch(() => [Date.now() / 1000, 0]);
  return Math.round(Number(seconds) * 1000 + Number(micros) / 1000);
}
