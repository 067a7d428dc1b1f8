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
/** Minimum free space of a buffer that a connection reads into, in bytes. */
const MIN_ROOM_BYTES = 384 * 1024;
const MAX_BATCH_FRAMES = 4_096;
/** Limits of the reader's queue: the number of batches, and their total payload in bytes. */
const MAX_BATCHES = 8;
const MAX_BYTES = 8 * 1024 * 1024;
const STOP_TIMEOUT_MS = 5_000;

/** Frames that the reader receives together, and the memory that holds them. */
interface Batch {
  readonly frames: Frame[];
  readonly buffer: ReadBuffer;
  bytes: number;
}

/**
 * Base class of both kinds of subscribers. Queues the frames of all connections as batches for one
 * reader. While the queue is full, the connections do not read, so their peers wait. A full queue
 * never drops a frame.
 */
export abstract class FrameInbox implements AsyncDisposable {
  readonly health = new HealthStream();
  readonly topics = new TopicCache();
  /** Number of frames received, whether or not the reader has them yet. */
  arrived = 0;
  /** Number of frames that the application has applied; -1 until it first reports a number. */
  applied = -1;
  protected readonly loop: EventLoop;
  protected readonly checks: FrameChecks;
  readonly #changed = new Notifier();
  readonly #paused = new Set<Connection>();
  /** Batches for the reader, oldest first. New frames go into the last one. */
  readonly #waiting: Batch[] = [];
  #bytes = 0;
  /** A buffer without frames, kept for reuse. */
  #free: ReadBuffer | undefined;
  #isWoken = false;
  readonly #wakeReader = () => {
    this.#isWoken = false;
    this.#changed.notify();
  };
  #state: "open" | "stopping" | "closed" = "open";
  #disposed: Promise<void> | undefined;
  #isReading = false;
  #received = 0;
  #dropped = 0;

  /** @param loop the event loop; disposing this object releases it */
  constructor({ settings }: DriverContext, loop: EventLoop) {
    this.loop = loop;
    this.checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
  }

  /** Whether more frames may still arrive while this object is stopping. */
  protected abstract readonly hasMore: boolean;
  /** Called with the previous batch when the reader requests the next one. */
  protected onTaken(_batch: readonly Frame[]): void {}
  /** Closes everything that this object reads from. */
  protected abstract closeAll(): void | Promise<void>;

  protected refuseWhenClosed(): void {
    if (!this.isOpen) throw new DriverError("CLOSED", "The subscriber is closed");
  }

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: this.#dropped };
  }

  /**
   * Returns memory for a connection to read into. If there is no room, it pauses the connection and
   * returns undefined.
   */
  readBuffer(connection: Connection): ReadBuffer | undefined {
    const batch = this.#batchWithRoom();
    if (batch !== undefined) return batch.buffer;
    connection.pause();
    this.#paused.add(connection);
    return undefined;
  }

  #batchWithRoom(): Batch | undefined {
    if (this.#bytes >= MAX_BYTES) return undefined;
    const batch = this.#waiting.at(-1);
    // Without frames, the used space holds only commands and dropped messages: reuse it.
    if (batch?.frames.length === 0) batch.buffer.at = 0;
    const hasRoom = batch !== undefined && batch.frames.length < MAX_BATCH_FRAMES &&
      batch.buffer.bytes.length - batch.buffer.at >= MIN_ROOM_BYTES;
    if (hasRoom) return batch;
    return this.#waiting.length < MAX_BATCHES ? this.#begin() : undefined;
  }

  #begin(): Batch {
    const buffer = this.#free ?? { bytes: new Uint8Array(BUFFER_BYTES), at: 0 };
    this.#free = undefined;
    const batch: Batch = { frames: [], buffer, bytes: 0 };
    this.#waiting.push(batch);
    return batch;
  }

  /** Removes a closed connection, and wakes a reader that may be waiting only for it. */
  forget(connection: Connection): void {
    this.#paused.delete(connection);
    this.#changed.notify();
  }

  /** Queues a frame. The reader wakes after the round, with all frames of that round. */
  push(frame: Frame): void {
    const batch = this.#waiting.at(-1) ?? this.#begin();
    this.arrived++;
    batch.frames.push(frame);
    batch.bytes += frame.payload.length;
    this.#bytes += frame.payload.length;
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.loop.afterRound(this.#wakeReader);
  }

  /** Counts a frame that the reader does not receive, and reports the drop to `health`. */
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

  /** Whether this object is not disposed; true while it is stopping. */
  protected get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** Removes the oldest batch and returns it; undefined if no batch has frames. */
  #take(): Batch | undefined {
    const [batch] = this.#waiting;
    if (batch === undefined || batch.frames.length === 0) return undefined;
    return this.#waiting.shift();
  }

  #giveBack({ buffer, bytes }: Batch): void {
    this.#bytes -= bytes;
    buffer.at = 0;
    // Free the memory of a backlog at once: V8 would keep it until a full garbage collection.
    if (this.#free !== undefined) this.#free.bytes.buffer.transfer(0);
    this.#free = buffer;
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
