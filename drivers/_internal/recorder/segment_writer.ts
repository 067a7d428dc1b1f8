import { messageOf } from "../../contract/errors.ts";
import type { RecorderOptions } from "../../contract/recorder.ts";
import type { BlockBuffer, BlockFacts } from "./block.ts";
import { SegmentStore } from "./segment_store.ts";

/** Maximum time that a frame waits in memory for others, in milliseconds. */
export const FLUSH_MS = 50;
const SYNC_MS = 1_000;
/** After a failure nothing is written for this time. */
const RETRY_MS = 1_000;
/** Without a failure for this time, the recorder works again. */
const CALM_MS = 5_000;

/** A block that is to be written. */
export interface SealedBlock {
  readonly buffer: BlockBuffer;
  readonly facts: BlockFacts;
}

interface WriterHandlers {
  /** Gets each block when it is written, or is dropped. */
  readonly onDone: (block: SealedBlock, isWritten: boolean) => void;
  /** Called when the directory is opened, if the run before was not stopped. */
  readonly onAfterLoss: () => void;
}

/**
 * Writes blocks one after the other, and synchronizes the disk at most once per second. A block
 * that cannot be written is dropped.
 */
export class SegmentWriter {
  readonly counters = { recorded: 0, failures: 0 };
  readonly #path: string;
  readonly #options: RecorderOptions;
  readonly #handlers: WriterHandlers;
  readonly #queue: SealedBlock[] = [];
  #store: SegmentStore | undefined;
  #wasOpened = false;
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #syncTimer: ReturnType<typeof setTimeout> | undefined;
  #syncedAt = -Infinity;
  #failure: { readonly at: number; readonly text: string } | undefined;
  #retryAt = -Infinity;

  constructor(path: string, options: RecorderOptions, handlers: WriterHandlers) {
    this.#path = path;
    this.#options = options;
    this.#handlers = handlers;
  }

  get store(): SegmentStore | undefined {
    return this.#store;
  }

  /** Why the last operation failed. */
  get failure(): string | undefined {
    return this.#failure?.text;
  }

  /** Opens the directory before the first block. */
  async open(): Promise<void> {
    await this.#attempt(async () => void await this.#opened());
  }

  /** Queues a block. */
  add(block: SealedBlock): void {
    this.#queue.push(block);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when every queued block is written or dropped. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let next; (next = this.#queue.shift()) !== undefined;) {
      const isWritten = await this.#attempt(async () => this.#write(await this.#opened(), next));
      if (isWritten) this.counters.recorded += next.buffer.events;
      this.#handlers.onDone(next, isWritten);
      if (isWritten) this.#syncLater();
    }
    this.#writing = undefined;
  }

  /** If the newest file or the directory was removed, the next block opens the directory again. */
  async #write(store: SegmentStore, { buffer, facts }: SealedBlock): Promise<void> {
    try {
      await store.write(buffer, facts);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) this.#closeStore();
      throw error;
    }
  }

  async #opened(): Promise<SegmentStore> {
    if (this.#store !== undefined) return this.#store;
    const store = await SegmentStore.open(this.#path, this.#options.maxBytes);
    const { cutBytes, wasStopped } = store;
    const { onFound } = this.#options;
    if (cutBytes > 0) onFound(`cut ${cutBytes} damaged bytes from its end`);
    if (!wasStopped && !this.#wasOpened) {
      this.#handlers.onAfterLoss();
      onFound(`the last run was killed: events of its last ${FLUSH_MS} ms may be missing`);
    }
    this.#wasOpened = true;
    return this.#store = store;
  }

  async #attempt(operation: () => Promise<void>): Promise<boolean> {
    const { clock, onSuccess } = this.#options;
    if (clock.monotonic() < this.#retryAt) return false;
    try {
      await operation();
    } catch (error) {
      this.#retryAt = clock.monotonic() + RETRY_MS;
      this.fail(error);
      return false;
    }
    if (this.#failure === undefined || clock.monotonic() - this.#failure.at < CALM_MS) return true;
    this.#failure = undefined;
    onSuccess();
    return true;
  }

  /** Counts and reports a failure. */
  fail(error: unknown): void {
    this.counters.failures++;
    const text = `${messageOf(error)}${adviceFor(error)}`;
    this.#failure = { at: this.#options.clock.monotonic(), text };
    this.#options.onFailure(new Error(text, { cause: error }));
  }

  #syncLater(): void {
    if (this.#syncTimer !== undefined || this.#syncing !== undefined) return;
    const dueMs = this.#syncedAt + SYNC_MS - this.#options.clock.monotonic();
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      this.#syncing = this.#sync().finally(() => this.#syncing = undefined);
    }, Math.max(0, dueMs));
  }

  async #sync(): Promise<void> {
    this.#syncedAt = this.#options.clock.monotonic();
    await this.#attempt(async () => await this.#store?.sync());
  }

  /** Writes and synchronizes what is queued, and closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#syncTimer);
    await this.#syncing;
    await this.#sync();
    this.#closeStore();
  }

  #closeStore(): void {
    this.#store?.close();
    this.#store = undefined;
  }
}

function adviceFor(error: unknown): string {
  const text = messageOf(error);
  if (/os error 28|ENOSPC|os error 122/.test(text)) {
    return ": free space there, or set a smaller [df] recorder_bytes";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return ": give the directory to the account of the service";
  }
  return "";
}
