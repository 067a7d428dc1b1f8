import type { Input } from "../terminal/io.ts";
import { joined } from "../../drivers/contract/joined.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";

/** A line of input without its end; or the reason why it cannot be read. */
export type Line =
  & {
    /** Line numbers start at 1. */
    readonly number: number;
    /** Whether the input ended before the line did. */
    readonly isIncomplete?: true;
  }
  & ({ readonly text: string } | { readonly problem: string });

const LINE_FEED = 10;
/** Size of a read: reading a file in large pieces wakes a thread less often. */
const READ_BYTES = 256 * 1024;
/**
 * Size of a chunk: the text of a larger one would not be allocated among V8's cheap young objects.
 */
const CHUNK_BYTES = 64 * 1024;
const REPLACEMENT = "\ufffd";
const BYTE_ORDER_MARK = "\ufeff";

/**
 * The bytes of an input in chunks, each valid until the next one is requested, since allocating new
 * memory for each would cost more than processing it. An abort ends the chunks like the end of the
 * input, even during a read; unread input is lost then.
 */
export async function* chunksOf(input: Input, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(READ_BYTES);
  while (!signal.aborted) {
    const size = await untilAborted(input.read(buffer), signal) ?? null;
    if (size === null) return;
    for (let at = 0; at < size && !signal.aborted; at += CHUNK_BYTES) {
      yield buffer.subarray(at, Math.min(at + CHUNK_BYTES, size));
    }
  }
}

/**
 * Splits bytes into lines of UTF-8, each limited to `maxBytes`. The last line needs no line feed.
 * The lines that end in one chunk are yielded together, so that they cost only one await. Chunks
 * are borrowed: the beginning of a line that continues in the next chunk is copied.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<readonly Line[]> {
  const splitter = new LineSplitter(maxBytes);
  for await (const chunk of input) {
    const lines = splitter.split(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = splitter.end();
  if (last !== undefined) yield [last];
}

class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #number = 0;
  /** The parts of the current line; cut off if it is too long. */
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. */
  split(chunk: Uint8Array): Line[] {
    const end = chunk.lastIndexOf(LINE_FEED);
    const text = this.#textUpTo(chunk, end);
    if (text === undefined) return this.#splitOneByOne(chunk);
    this.#clear();
    this.#add(chunk.slice(end + 1));
    return text.split("\n").map((line) => ({ number: ++this.#number, text: line }));
  }

  /**
   * The text of all lines that end in this chunk, which suffices for most input. Undefined if no
   * line ends, or if a line may be too long, is not UTF-8, or begins with a byte order mark.
   */
  #textUpTo(chunk: Uint8Array, end: number): string | undefined {
    if (end < 0 || this.#size + end > this.#maxBytes) return undefined;
    const text = this.#decoded([...this.#parts, chunk.subarray(0, end)]);
    return text?.includes(BYTE_ORDER_MARK) ? undefined : text;
  }

  #splitOneByOne(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(chunk.slice(start));
    return lines;
  }

  /** The last line, if it has no line feed. */
  end(): Line | undefined {
    return this.#size > 0 ? { ...this.#take(), isIncomplete: true } : undefined;
  }

  #add(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size <= this.#maxBytes) this.#parts.push(part);
  }

  #take(): Line {
    const number = ++this.#number;
    const [parts, size] = [this.#parts, this.#size];
    this.#clear();
    if (size > this.#maxBytes) {
      return { number, problem: `longer than ${this.#maxBytes} bytes` };
    }
    const text = this.#decoded(parts);
    if (text === undefined) return { number, problem: "not UTF-8" };
    return { number, text: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
  }

  #clear(): void {
    this.#parts = [];
    this.#size = 0;
  }

  /**
   * Undefined if it is not UTF-8. The strict decoder takes five times as long, so it is only the
   * second choice.
   */
  #decoded(parts: readonly Uint8Array[]): string | undefined {
    const bytes = parts.length > 1 ? joined(parts) : parts[0];
    const text = this.#decoder.decode(bytes);
    if (!text.includes(REPLACEMENT)) return text;
    try {
      return this.#strictDecoder.decode(bytes);
    } catch {
      return undefined;
    }
  }
}
