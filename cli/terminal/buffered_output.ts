import type { Output } from "./io.ts";

/** Writes to the stream of a {@linkcode BufferedOutput}; undefined if the stream has no reader. */
export type TryWrite = (bytes: Uint8Array<ArrayBuffer>) => number | undefined;

/** Options of a {@linkcode BufferedOutput}. */
export interface BufferedOutputOptions {
  readonly tryWrite: TryWrite;
  readonly terminal: Pick<Output, "isTerminal" | "columns">;
  /** Maximum number of queued bytes. */
  readonly maxBytes: number;
}

const RETRY_MS = 50;

/**
 * An output for lines that never waits for its reader: lines are queued up to a limit, and further
 * ones are dropped and counted. Each write consists of whole lines, which are dropped or kept
 * together.
 */
export class BufferedOutput implements Output {
  readonly #options: BufferedOutputOptions;
  readonly #encoder = new TextEncoder();
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;
  #untold = 0;
  #onRoom: ((dropped: number) => void) | undefined;

  constructor(options: BufferedOutputOptions) {
    this.#options = options;
  }

  get isTerminal(): boolean {
    return this.#options.terminal.isTerminal;
  }

  get columns(): number {
    return this.#options.terminal.columns;
  }

  /** Number of lines dropped since the start. */
  get droppedLines(): number {
    return this.#dropped;
  }

  /** Calls `tell` with the number of dropped lines when there is room again after a drop. */
  onRoom(tell: (dropped: number) => void): void {
    this.#onRoom = tell;
  }

  write(text: string): void {
    const bytes = this.#encoder.encode(text);
    // One gap at a time, so that the report of it stands in its place.
    const isFull = this.#queuedBytes + bytes.length > this.#options.maxBytes;
    if (isFull || this.#untold > 0) return this.#drop(text);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#retry === undefined) this.#send();
  }

  #drop(text: string): void {
    const lines = text.split("\n").length - 1;
    this.#dropped += lines;
    this.#untold += lines;
  }

  #send(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const taken = this.#options.tryWrite(next);
      if (taken === undefined) return this.#discard();
      if (taken === 0) {
        this.#retry = setTimeout(() => this.#send(), RETRY_MS);
        return;
      }
      this.#queuedBytes -= taken;
      if (taken === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(taken);
    }
    this.#reportDropped();
  }

  /** The stream has no reader: a service outlives the reader of its log. */
  #discard(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #reportDropped(): void {
    const dropped = this.#untold;
    this.#untold = 0;
    if (dropped > 0) this.#onRoom?.(dropped);
  }

  /** Waits until the queue is written, for at most `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.#queue.length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    clearTimeout(this.#retry);
  }
}
