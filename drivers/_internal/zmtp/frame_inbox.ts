import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import type { Frame, SubscriberCounters } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { Notifier } from "../notifier.ts";
import { TopicCache } from "../topic_cache.ts";
import type { Connection, ReadBuffer } from "./connection.ts";
import type { EventLoop } from "./event_loop.ts";

const BUFFER_BYTES = 1024 * 1024;
/** A connection reads only where it can read as much as it likes to. */
const MIN_ROOM_BYTES = 384 * 1024;
/** The most frames that a batch has. */
const BATCH_FRAMES = 4_096;
const STOP_TIMEOUT_MS = 5_000;

/**
 * From connections to a reader of batches. While the reader has a batch, connections are not read:
 * their peers wait for room, and nothing is dropped here.
 */
export class FrameInbox {
  readonly health = new HealthStream();
  readonly #loop: EventLoop;
  readonly #maxEventBytes: number;
  readonly #topics = new TopicCache();
  readonly #changed = new Notifier();
  readonly #paused = new Set<Connection>();
  /** Made when it is first read into. */
  #buffer: ReadBuffer | undefined;
  #frames: Frame[] = [];
  /** Whether the reader has frames that lie in the buffer. */
  #isLent = false;
  #isWoken = false;
  #state: "open" | "stopping" | "closed" = "open";
  #isReading = false;
  #received = 0;
  #dropped = 0;

  constructor(loop: EventLoop, maxEventBytes: number) {
    this.#loop = loop;
    this.#maxEventBytes = maxEventBytes;
  }

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: this.#dropped };
  }

  /** Where a connection reads into; without room it is paused until the reader comes back. */
  readBuffer(connection: Connection): ReadBuffer | undefined {
    const buffer = this.#buffer ??= { bytes: new Uint8Array(BUFFER_BYTES), at: 0 };
    // Commands and messages that were dropped leave room behind them.
    if (!this.#isLent && this.#frames.length === 0) buffer.at = 0;
    if (!this.#isLent && buffer.bytes.length - buffer.at >= MIN_ROOM_BYTES) return buffer;
    connection.pause();
    this.#paused.add(connection);
    return undefined;
  }

  /** A connection has ended. */
  forget(connection: Connection): void {
    this.#paused.delete(connection);
  }

  /** The topic that lies there; undefined, and the message counted, when it is invalid. */
  topicAt(bytes: Uint8Array, at: number, size: number): string | undefined {
    const topic = this.#topics.text(bytes.subarray(at, at + size), size);
    if (topic === undefined) this.drop("topic-invalid");
    return topic;
  }

  /** Whether a payload of this size may be handed out; it is counted when not. */
  takes(payloadSize: number): boolean {
    if (payloadSize <= this.#maxEventBytes) return true;
    this.drop("frame-too-large");
    return false;
  }

  /** Hands a frame out with the others of this round. */
  push(frame: Frame): void {
    this.#frames.push(frame);
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.#loop.afterRound(() => {
      this.#isWoken = false;
      this.#changed.notify();
    });
  }

  /** Counts a message that is not handed out. */
  drop(reason: DropReason): void {
    this.#dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.#dropped });
  }

  /** Has the reader look again. */
  wake(): void {
    this.#changed.notify();
  }

  /**
   * The batches, to one reader.
   *
   * @param onTaken called when the reader has taken a batch and asks for the next
   * @param hasMore whether more may still come while it is stopping
   */
  async *batches(
    onTaken: (batch: readonly Frame[]) => void = () => {},
    hasMore: () => boolean = () => false,
  ): AsyncIterable<readonly Frame[]> {
    this.#isReading = true;
    try {
      while (this.#state !== "closed") {
        const batch = this.#frames.slice(0, BATCH_FRAMES);
        if (batch.length === 0) {
          if (this.#state === "stopping" && !hasMore()) return;
          await this.#changed.wait();
          continue;
        }
        this.#frames = this.#frames.slice(BATCH_FRAMES);
        this.#isLent = true;
        this.#received += batch.length;
        yield batch;
        onTaken(batch);
        if (this.#frames.length > 0) continue;
        this.#isLent = false;
        this.#giveBack();
      }
    } finally {
      this.#isReading = false;
      this.#isLent = false;
      this.#changed.notify();
    }
  }

  #giveBack(): void {
    if (this.#buffer !== undefined) this.#buffer.at = 0;
    if (this.#paused.size === 0) return;
    const paused = [...this.#paused];
    this.#paused.clear();
    for (const connection of paused) connection.resume();
  }

  /** Lets the reader take what has come, and ends it. False when the time was over before. */
  async stop(options: WaitOptions = {}): Promise<boolean> {
    if (this.#state === "open") this.#state = "stopping";
    this.#changed.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    return await this.#changed.until(() => !this.#isReading, bounds) && this.#frames.length === 0;
  }

  /** Ends the reader at once. */
  close(): void {
    this.#state = "closed";
    this.#changed.notify();
    this.health.close();
  }
}
