import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import { DriverError } from "../../contract/errors.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { TopicCache } from "../topic_cache.ts";
import type { Connection } from "./connection.ts";
import type { ReadBuffer } from "./connection_types.ts";
import type { EventLoop } from "../sockets/event_loop.ts";

const BUFFER_BYTES = 1024 * 1024;
/** A connection reads only into a buffer with this much room. */
const MIN_ROOM_BYTES = 384 * 1024;
const MAX_BATCH_FRAMES = 4_096;
/** Maximum number of batches queued for the reader, and their maximum size. */
const MAX_BATCHES = 8;
const MAX_BYTES = 8 * 1024 * 1024;
const STOP_TIMEOUT_MS = 5_000;

/** Frames that go to the reader together, and the memory that they lie in. */
interface Batch {
  readonly frames: Frame[];
  readonly buffer: ReadBuffer;
  bytes: number;
}

/**
 * What both kinds of subscribers are: from connections to a reader of batches. When its queue is full,
 * connections are no longer read: their peers wait for room, and nothing is dropped here.
 */
export abstract class FrameInbox implements AsyncDisposable {
  readonly health = new HealthStream();
  /** Frames that have arrived, handed out or not. */
  arrived = 0;
  /** Those that the application has, of all that were handed out; -1 while it has not said so. */
  applied = -1;
  protected readonly loop: EventLoop;
  protected readonly checks: FrameChecks;
  readonly #topics = new TopicCache();
  readonly #changed = new Notifier();
  readonly #paused = new Set<Connection>();
  readonly #waiting: Batch[] = [];
  /** The last batch of the queue, which grows. */
  #batch: Batch | undefined;
  #bytes = 0;
  /** Memory that holds no frame. */
  #free: ReadBuffer | undefined;
  #isWoken = false;
  #state: "open" | "stopping" | "closed" = "open";
  #disposed: Promise<void> | undefined;
  #isReading = false;
  #received = 0;
  #dropped = 0;

  /** @param loop is released when this is disposed */
  constructor({ settings }: DriverContext, loop: EventLoop) {
    this.loop = loop;
    this.checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
  }

  /** Whether more may still come while it is stopping. */
  protected abstract readonly hasMore: boolean;
  /** Called when the reader has taken a batch and asks for the next. */
  protected onTaken(_batch: readonly Frame[]): void {}
  /** Ends everything that it reads from. */
  protected abstract closeAll(): void | Promise<void>;

  protected refuseWhenClosed(): void {
    if (!this.isOpen) throw new DriverError("CLOSED", "The subscriber is closed");
  }

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: this.#dropped };
  }

  /** Memory for a connection to read into; without room the connection is paused. */
  readBuffer(connection: Connection): ReadBuffer | undefined {
    const batch = this.#batchWithRoom();
    if (batch !== undefined) return batch.buffer;
    connection.pause();
    this.#paused.add(connection);
    return undefined;
  }

  #batchWithRoom(): Batch | undefined {
    if (this.#bytes >= MAX_BYTES) return undefined;
    const batch = this.#batch;
    // Commands and messages that were dropped leave room behind them.
    if (batch?.frames.length === 0) batch.buffer.at = 0;
    const hasRoom = batch !== undefined && batch.frames.length < MAX_BATCH_FRAMES &&
      batch.buffer.bytes.length - batch.buffer.at >= MIN_ROOM_BYTES;
    if (hasRoom) return batch;
    return this.#waiting.length < MAX_BATCHES ? this.#begin() : undefined;
  }

  #begin(): Batch {
    const buffer = this.#free ?? { bytes: new Uint8Array(BUFFER_BYTES), at: 0 };
    this.#free = undefined;
    this.#batch = { frames: [], buffer, bytes: 0 };
    this.#waiting.push(this.#batch);
    return this.#batch;
  }

  /** A connection has ended: a reader that is stopping may have all. */
  forget(connection: Connection): void {
    this.#paused.delete(connection);
    this.#changed.notify();
  }

  /** The text of a topic; undefined when it is invalid, and the message is counted. */
  topicOf(bytes: Uint8Array): string | undefined {
    const topic = this.#topics.text(bytes, bytes.length);
    if (topic === undefined) this.drop("topic-invalid");
    return topic;
  }

  /** Hands a frame out with the others of this round. */
  push(frame: Frame): void {
    const batch = this.#batch ?? this.#begin();
    this.arrived++;
    batch.frames.push(frame);
    batch.bytes += frame.payload.length;
    this.#bytes += frame.payload.length;
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.loop.afterRound(() => {
      this.#isWoken = false;
      this.#changed.notify();
    });
  }

  /** Counts a message that is not handed out. */
  drop(reason: DropReason): void {
    this.#dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.#dropped });
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    this.#isReading = true;
    try {
      while (this.isOpen) {
        const batch = this.#take();
        if (batch === undefined) {
          if (this.#state === "stopping" && !this.hasMore) return;
          await this.#changed.wait();
          continue;
        }
        for (let at = 0; at < batch.frames.length && this.isOpen; at += MAX_BATCH_FRAMES) {
          const frames = batch.frames.slice(at, at + MAX_BATCH_FRAMES);
          this.#received += frames.length;
          yield frames;
          this.onTaken(frames);
        }
        this.#giveBack(batch);
      }
    } finally {
      this.#isReading = false;
      this.#changed.notify();
    }
  }

  /** Whether it is not disposed. */
  protected get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** The oldest batch that has frames. */
  #take(): Batch | undefined {
    const [batch] = this.#waiting;
    if (batch === undefined || batch.frames.length === 0) return undefined;
    this.#waiting.shift();
    if (batch === this.#batch) this.#batch = undefined;
    return batch;
  }

  #giveBack({ buffer, bytes }: Batch): void {
    this.#bytes -= bytes;
    buffer.at = 0;
    this.#free ??= buffer;
    const paused = [...this.#paused];
    this.#paused.clear();
    for (const connection of paused) connection.resume();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    if (this.#state === "open") this.#state = "stopping";
    this.#changed.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    const hasEnded = await this.#changed.until(() => !this.#isReading, bounds);
    const isEmpty = this.#waiting.every(({ frames }) => frames.length === 0);
    return { drained: hasEnded && isEmpty };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    this.#state = "closed";
    this.#changed.notify();
    this.health.close();
    await this.closeAll();
    await this.loop.release();
  }
}
