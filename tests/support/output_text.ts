import { StringDecoder } from "node:string_decoder";

/** Only a failing test waits for this timeout, however loaded the machine is. */
const TIMEOUT_MS = 30_000;
/** The number of characters of output that a failure shows. */
const MAX_SHOWN = 4_000;

/** Options of {@linkcode OutputText.waitFor}. */
export interface WaitForOptions {
  /** The offset at which the search begins. @default 0 */
  readonly from?: number;
}

/** The output of a process on one stream, read as it arrives. */
export class OutputText {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #lineCount = 0;
  #hasEnded = false;
  #onMore = Promise.withResolvers<void>();

  /** @param name the name of the stream, for error messages */
  constructor(name: string, stream: ReadableStream<Uint8Array>) {
    this.#name = name;
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  /** The output so far. */
  get text(): string {
    return this.#text;
  }

  /** The output so far in lines, including an unfinished last line. */
  get lines(): string[] {
    return this.#text.split("\n").filter((line) => line !== "");
  }

  /** Waits until the text matches. On timeout, fails with the output so far. */
  async waitFor(pattern: RegExp, options: WaitForOptions = {}): Promise<RegExpExecArray> {
    const match = () => pattern.exec(this.#text.slice(options.from ?? 0)) ?? undefined;
    return await this.#waitUntil(match, String(pattern));
  }

  /** Waits until there are at least `count` lines, and returns all lines. */
  async waitForLines(count: number): Promise<string[]> {
    const enough = () => this.#lineCount >= count || undefined;
    await this.#waitUntil(enough, `${count} lines, but ${this.#lineCount}`);
    return this.lines;
  }

  async #waitUntil<T>(find: () => T | undefined, wanted: string): Promise<T> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (this.#hasEnded || leftMs <= 0) throw this.#failure(wanted);
      await this.#more(leftMs);
    }
  }

  /** Closes this end of the stream. A process that still writes to it gets an error. */
  async stopReading(): Promise<void> {
    await this.#reader.cancel();
  }

  #failure(wanted: string): Error {
    const state = this.#hasEnded ? "has ended" : "stays silent";
    return new Error(
      `${this.#name} ${state} without ${wanted}, after:\n${this.#text.slice(-MAX_SHOWN)}`,
    );
  }

  async #more(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#onMore.promise, timeout]);
    clearTimeout(timer);
  }

  async #read(): Promise<void> {
    const decoder = new StringDecoder("utf8");
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#append(decoder.write(value));
    }
    this.#hasEnded = true;
    this.#append(decoder.end());
  }

  #append(text: string): void {
    this.#text += text;
    this.#lineCount += text.split("\n").length - 1;
    const { resolve } = this.#onMore;
    this.#onMore = Promise.withResolvers<void>();
    resolve();
  }
}
