import { DriverError } from "../../../contract/errors.ts";
import { nextTurn } from "../../../contract/next_turn.ts";
import type { Frame } from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { Notifier } from "../../notifier.ts";

const STOP_TIMEOUT_MS = 5_000;
/** The most frames that a batch has. */
const BATCH_FRAMES = 2_048;

/** The bounds of a queue. */
export interface FrameQueueOptions {
  readonly maxFrames: number;
  readonly maxBytes: number;
  /** Called each time the reader has taken all there was, before it waits. */
  readonly onEmpty: () => void;
  /** Called after each batch that was taken. */
  readonly onTaken?: () => void;
}

/**
 * Received frames on their way to the one reader, in batches: what came while it was busy, or what
 * one wake-up brought. Bounded: a frame too many is refused.
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

  /** How many frames wait. */
  get size(): number {
    return this.#frames;
  }

  /** How many frames were handed out. */
  get received(): number {
    return this.#received;
  }

  /** Whether there is room for one more. */
  get hasRoom(): boolean {
    return this.#frames < this.#options.maxFrames && this.#bytes < this.#options.maxBytes;
  }

  /** How full it is: 0 when empty, 1 when there is no room; in frames or bytes, whichever is more. */
  get fill(): number {
    const { maxFrames, maxBytes } = this.#options;
    return Math.max(this.#frames / maxFrames, this.#bytes / maxBytes);
  }

  /** Resolves when there is room; at once after the end. */
  async untilRoom(): Promise<void> {
    await this.#changed.until(() => this.hasRoom || this.#state !== "open");
  }

  /** False when there is no room. */
  push(frame: Frame): boolean {
    if (this.#state === "open" && !this.hasRoom) return false;
    this.add(frame);
    return true;
  }

  /** Takes a frame even when there is no room for it. */
  add(frame: Frame): void {
    if (this.#state !== "open") return;
    const last = this.#batches.at(-1);
    if (last !== undefined && last.length < BATCH_FRAMES) last.push(frame);
    else this.#batches.push([frame]);
    this.#frames++;
    this.#bytes += frame.payload.length;
    this.#wake();
  }

  /** Wakes the reader once the wake-up that brought frames is over, so that it finds all of them. */
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
        // A reader that never waits lets nothing else run.
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
      this.#options.onEmpty();
      return undefined;
    }
    this.#frames -= batch.length;
    this.#received += batch.length;
    for (const { payload } of batch) this.#bytes -= payload.length;
    this.#options.onTaken?.();
    this.#changed.notify();
    return batch;
  }

  /** Refuses further frames; resolves when the reader has had everything or the time is over. */
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

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** @throws {DriverError} `CLOSED` */
  refuseWhenClosed(): void {
    if (this.isClosed) throw new DriverError("CLOSED", "The subscriber is closed");
  }
}
