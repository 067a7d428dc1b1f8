import { waitFor } from "../../contract/waiting.ts";
import type {
  FrameRecorder,
  RecordedPart,
  RecorderOptions,
  RecorderReadOptions,
  RecorderState,
} from "../../contract/recorder.ts";
import { absolutePath } from "../file_path.ts";
import { TopicCache } from "../topic_cache.ts";
import { BlockBuffer } from "./block.ts";
import { readSegments } from "./reader.ts";
import { FLUSH_MS, type SealedBlock, SegmentWriter } from "./segment_writer.ts";

/**
 * Another thread writes a block. If a block fits into the cache of one processor, the other has to
 * get it from there, which takes more processor time than from memory.
 */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks in memory; if all wait for the disk, frames are skipped. */
const MAX_BLOCKS = 4;
/** A block holds at most this share of what is kept. */
const MIN_BLOCKS_KEPT = 16;
const CLOSE_MS = 2_000;

/** Opens a recorder. A failure to open its directory is reported, and retried. */
export async function openRecorder(options: RecorderOptions): Promise<FrameRecorder> {
  const recorder = new Recorder(options);
  await recorder.writer.open();
  return recorder;
}

/**
 * Records frames in blocks, which are written later: {@linkcode Recorder.append} copies a frame to
 * memory. A failure costs frames, which are counted; the next block says how many.
 */
class Recorder implements FrameRecorder {
  readonly #options: RecorderOptions;
  readonly #path: string;
  readonly writer: SegmentWriter;
  readonly #topics = new TopicCache();
  readonly #free: BlockBuffer[] = [];
  /** Number of buffers in use and free. */
  #buffers = 0;
  /** Number of frames that it has got. */
  #appended = 0;
  #skipped = 0;
  /** The block that takes frames; undefined while it would be empty. */
  #block: BlockBuffer | undefined;
  /** What the next block has to say. */
  #loss = { skipped: 0, isAfterLoss: false };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#path = absolutePath(options.path);
    this.writer = new SegmentWriter(this.#path, options, {
      onDone: (block, isWritten) => {
        if (!isWritten) this.#restore(block);
        this.#release(block.buffer);
      },
      onAfterLoss: () => this.#loss.isAfterLoss = true,
    });
  }

  get state(): RecorderState {
    const { segments = [], bytes = 0 } = this.writer.store ?? {};
    return {
      path: this.#path,
      ...{ bytes, segments: segments.length },
      oldestAt: segments.find(({ from }) => from !== null)?.from ?? null,
      ...this.writer.counters,
      skipped: this.#skipped,
      failure: this.writer.failure,
    };
  }

  append(topic: string, payload: Uint8Array): void {
    const name = this.#topics.bytes(topic);
    if (name === undefined || this.#closing !== undefined) return;
    if (!this.#block?.append(name, payload)) {
      const isTaken = this.#begin(BlockBuffer.sizeFor(name.length + payload.length));
      if (!isTaken || !this.#block?.append(name, payload)) this.#skip(1);
    }
    this.#appended++;
  }

  appendMessages(messages: Uint8Array, frames: number): void {
    if (this.#closing !== undefined) return;
    if (!this.#block?.appendMessages(messages, frames)) {
      const isTaken = this.#begin(BlockBuffer.sizeFor(messages.length));
      if (!isTaken || !this.#block?.appendMessages(messages, frames)) this.#skip(frames);
    }
    this.#appended += frames;
  }

  /**
   * Seals the current block and begins a new one that holds at least `size` bytes. Returns false if
   * all blocks are waiting for the disk.
   */
  #begin(size: number): boolean {
    this.#seal();
    this.#block = this.#take(size, this.#appended);
    if (this.#block === undefined) return false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#seal();
    }, FLUSH_MS);
    return true;
  }

  async flush(): Promise<void> {
    this.#seal();
    await this.writer.idle();
  }

  async *read(options?: RecorderReadOptions): AsyncIterable<RecordedPart> {
    await this.flush();
    const { written = [], firstPlace } = this.writer.store ?? {};
    const run = { first: firstPlace, appended: this.#appended };
    yield* readSegments(() => written, options, { run });
  }

  /** An empty block of at least this size; undefined if too many blocks wait for the disk. */
  #take(size: number, index: number): BlockBuffer | undefined {
    if (size > this.#options.maxBytes) return undefined;
    let buffer = this.#free.pop();
    if (buffer === undefined) {
      if (this.#buffers >= MAX_BLOCKS) return undefined;
      this.#buffers++;
    }
    // A larger one replaces a free one that is too small.
    if (buffer === undefined || buffer.capacity < size) {
      buffer = new BlockBuffer(Math.max(size, this.#blockBytes));
    }
    buffer.begin(this.#options.clock.now(), index);
    return buffer;
  }

  /** A block for a single large frame is not kept. */
  #release(buffer: BlockBuffer): void {
    if (buffer.capacity > this.#blockBytes) this.#buffers--;
    else this.#free.push(buffer);
  }

  get #blockBytes(): number {
    return Math.min(BLOCK_BYTES, Math.floor(this.#options.maxBytes / MIN_BLOCKS_KEPT));
  }

  /** Queues the current block. @param isLast whether the recorder is closed then */
  #seal(isLast = false): void {
    const buffer = this.#block ?? (isLast ? this.#take(0, this.#appended) : undefined);
    if (buffer === undefined) return;
    const facts = { until: this.#options.clock.now(), isLast, ...this.#loss };
    this.writer.add({ buffer, facts });
    this.#loss = { skipped: 0, isAfterLoss: false };
    this.#block = undefined;
  }

  /** What a dropped block would have said has to be in a later one. */
  #restore({ buffer, facts: { skipped, isAfterLoss } }: SealedBlock): void {
    this.#skipped += buffer.events;
    this.#loss.skipped += skipped + buffer.events;
    this.#loss.isAfterLoss ||= isAfterLoss;
  }

  #skip(frames: number): void {
    this.#skipped += frames;
    this.#loss.skipped += frames;
    if (this.writer.failure !== undefined) return;
    this.writer.fail(new Error("the disk is too slow, or the event too large"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await waitFor(this.#closing ??= this.#close(), { timeoutMs: CLOSE_MS }, () => undefined);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#seal(true);
    await this.writer.close();
  }
}
