import { StringDecoder } from "node:string_decoder";

/** Only a failing test waits for so long, however loaded the machine is. */
const PATIENCE_MS = 30_000;
/** How much of the text a failure shows. */
const SHOWN = 4_000;

/** How {@linkcode OutputText.waitFor} waits. */
export interface WaitForOptions {
  /** Where in the text to begin to look. @default 0 */
  readonly from?: number;
}

/** All that a process says on one stream, read as it comes. */
export class OutputText {
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #lineCount = 0;
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
    const match = () => pattern.exec(this.#text.slice(options.from ?? 0)) ?? undefined;
    return await this.#waitUntil(match, String(pattern));
  }

  /** Waits until so many lines are there, and gives all that are. */
  async waitForLines(count: number): Promise<string[]> {
    const enough = () => this.#lineCount >= count || undefined;
    await this.#waitUntil(enough, `${count} lines, but ${this.#lineCount}`);
    return this.lines;
  }

  async #waitUntil<T>(find: () => T | undefined, wanted: string): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const leftMs = deadline - performance.now();
      if (this.#hasEnded || leftMs <= 0) throw this.#failure(wanted);
      await this.#more(leftMs);
    }
  }

  /** Closes this end of the stream: who still writes to it is told that nobody reads. */
  async stopReading(): Promise<void> {
    await this.#reader.cancel();
  }

  #failure(wanted: string): Error {
    const state = this.#hasEnded ? "has ended" : "stays silent";
    return new Error(
      `${this.#name} ${state} without ${wanted}, after:\n${this.#text.slice(-SHOWN)}`,
    );
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
    this.#lineCount += text.split("\n").length - 1;
    const { resolve } = this.#onMore;
    this.#onMore = Promise.withResolvers<void>();
    resolve();
  }
}
