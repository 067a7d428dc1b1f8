import { DriverError } from "../contract/errors.ts";
import { nextTurn } from "../contract/next_turn.ts";
import type { Frame } from "../contract/pubsub.ts";
import type { WaitOptions } from "../contract/waiting.ts";
import { Notifier } from "./notifier.ts";

const STOP_TIMEOUT_MS = 5_000;
/** Maximum number of frames in a batch. */
const BATCH_FRAMES = 2_048;

/** The limits of a queue. */
export interface FrameQueueOptions {
  readonly maxFrames: number;
  readonly maxBytes: number;
  /** Called each time the reader has taken everything, before it waits. */
  readonly onEmpty?: () => void;
  /** Called after each batch that the reader has taken. */
  readonly onTaken?: () => void;
}

/**
 * Queues received frames for one reader, in batches of the frames that arrived together or while it
 * was busy. Bounded: a frame beyond the limit is refused.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  readonly #changed = new Notifier();
  #batches: Frame[][] = [];
  #frames = 0;
  #bytes = 0;
  #received = 0;
  #state: "open" | "stopping" | "closed" = "open";
  #reading = false;
  #wakeDue = false;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  /** Number of queued frames. */
  get size(): number {
    return this.#frames;
  }

  /** Number of frames that the reader got. */
  get received(): number {
    return this.#received;
  }

  /** Whether there is room for another frame. */
  get hasRoom(): boolean {
    return this.#frames < this.#options.maxFrames && this.#bytes < this.#options.maxBytes;
  }

  /** Fill level from 0 for empty to 1 for full; in frames or bytes, whichever is greater. */
  get fill(): number {
    const { maxFrames, maxBytes } = this.#options;
    return Math.max(this.#frames / maxFrames, this.#bytes / maxBytes);
  }

  /** Resolves when there is room; at once after the end. */
  async untilRoom(): Promise<void> {
    await this.#changed.until(() => this.hasRoom || this.#state !== "open");
  }

  /** Adds a frame. Returns false if there is no room. */
  push(frame: Frame): boolean {
    if (this.#state === "open" && !this.hasRoom) return false;
    this.add(frame);
    return true;
  }

  /** Adds a frame even if there is no room. */
  add(frame: Frame): void {
    if (this.#state !== "open") return;
    const last = this.#batches.at(-1);
    if (last !== undefined && last.length < BATCH_FRAMES) last.push(frame);
    else this.#batches.push([frame]);
    this.#frames++;
    this.#bytes += frame.payload.length;
    this.#wake();
  }

  /** Wakes the reader after the current task, so that it gets all frames that arrived together. */
  #wake(): void {
    if (this.#wakeDue) return;
    this.#wakeDue = true;
    queueMicrotask(() => {
      this.#wakeDue = false;
      this.#changed.notify();
    });
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    this.#reading = true;
    try {
      while (this.#state !== "closed") {
        const batch = this.#take();
        if (batch !== undefined) yield batch;
        else if (this.#state === "stopping") return;
        else await this.#changed.wait();
        // Without this wait a fast reader would block all other work.
        if (this.#batches.length > 1) await nextTurn();
      }
    } finally {
      this.#reading = false;
      this.#changed.notify();
    }
  }

  #take(): readonly Frame[] | undefined {
    const batch = this.#batches.shift();
    if (batch === undefined) {
      this.#options.onEmpty?.();
      return undefined;
    }
    this.#frames -= batch.length;
    this.#received += batch.length;
    for (const { payload } of batch) this.#bytes -= payload.length;
    this.#options.onTaken?.();
    this.#changed.notify();
    return batch;
  }

  /** Refuses further frames. Resolves when the reader has everything, or after the timeout. */
  async stop(options: WaitOptions): Promise<boolean> {
    if (this.#state === "open") this.#state = "stopping";
    this.#changed.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    return await this.#changed.until(() => !this.#reading, bounds) && this.#frames === 0;
  }

  /** Ends the reader at once. */
  close(): void {
    this.#state = "closed";
    this.#batches = [];
    this.#frames = 0;
    this.#bytes = 0;
    this.#changed.notify();
  }

  /** Whether the queue is closed. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** @throws {DriverError} `CLOSED` */
  refuseWhenClosed(): void {
    if (this.isClosed) throw new DriverError("CLOSED", "The subscriber is closed");
  }
}
