import { StringDecoder } from "node:string_decoder";

const PATIENCE_MS = 15_000;

/** How {@linkcode OutputText.waitFor} waits. */
export interface WaitForOptions {
  /** Where in the text to begin to look. @default 0 */
  readonly from?: number;
  /** @default 15 s, which only a failing test waits for */
  readonly patienceMs?: number;
}

/** All that a process says on one stream, read as it comes. */
export class OutputText {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #hasEnded = false;
  #onMore = Promise.withResolvers<void>();

  /** @param name of the stream, for failures */
  constructor(name: string, stream: ReadableStream<Uint8Array>) {
    this.#name = name;
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  /** What has been said so far. */
  get text(): string {
    return this.#text;
  }

  /** The same in lines, an unfinished last one included. */
  get lines(): string[] {
    return this.#text.split("\n").filter((line) => line !== "");
  }

  /** Waits until the text matches. Fails, with all that was said, when it does not in time. */
  async waitFor(pattern: RegExp, options: WaitForOptions = {}): Promise<RegExpExecArray> {
    const deadline = performance.now() + (options.patienceMs ?? PATIENCE_MS);
    for (;;) {
      const match = pattern.exec(this.#text.slice(options.from ?? 0));
      if (match !== null) return match;
      const leftMs = deadline - performance.now();
      if (this.#hasEnded || leftMs <= 0) throw this.#failure(pattern);
      await this.#more(leftMs);
    }
  }

  /** Waits until so many lines are there, and gives them all. */
  async waitForLines(count: number, options: WaitForOptions = {}): Promise<string[]> {
    await this.waitFor(new RegExp(`^(?:[^\\n]*\\n){${count}}`), options);
    return this.lines;
  }

  /** Closes this end of the stream: who still writes to it is told that nobody reads. */
  async stopReading(): Promise<void> {
    await this.#reader.cancel();
  }

  #failure(pattern: RegExp): Error {
    const state = this.#hasEnded ? "has ended" : "stays silent";
    return new Error(`${this.#name} ${state} without ${pattern}, after:\n${this.#text}`);
  }

  async #more(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#onMore.promise, silence]);
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
    const { resolve } = this.#onMore;
    this.#onMore = Promise.withResolvers<void>();
    resolve();
  }
}
