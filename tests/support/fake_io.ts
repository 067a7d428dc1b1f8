import { type Io, type Output, OutputClosed } from "../../cli/io.ts";

/** What a {@linkcode FakeIo} is made of. */
export interface FakeIoOptions {
  readonly stdin?: string | ReadableStream<Uint8Array>;
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Files by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A stream that keeps what is written to it. */
export class FakeOutput implements Output {
  readonly isTerminal: boolean;
  readonly columns = 80;
  text = "";
  /** Whether the reader has gone. */
  isClosed = false;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    if (this.isClosed) throw new OutputClosed();
    this.text += text;
  }
}

/** A process that is none, for commands under test. */
export class FakeIo implements Io {
  readonly out: FakeOutput;
  readonly err: FakeOutput;
  readonly stdin: ReadableStream<Uint8Array>;
  readonly env: Readonly<Record<string, string>>;
  readonly facts = { isRoot: false, home: "/home/user", runtimeDirectory: "/run/user/1000" };
  readonly #files: Readonly<Record<string, string>>;
  readonly #interrupt = new AbortController();

  constructor({ stdin = "", isTerminal = false, env = {}, files = {} }: FakeIoOptions = {}) {
    this.out = new FakeOutput(isTerminal);
    this.err = new FakeOutput(isTerminal);
    this.stdin = typeof stdin === "string" ? new Blob([stdin]).stream() : stdin;
    this.env = env;
    this.#files = files;
  }

  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  hostName(): Promise<string> {
    return Promise.resolve("controller.example.com");
  }

  readTextFile(path: string): Promise<string> {
    const text = this.#files[path];
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(new Deno.errors.NotFound(`No such file: ${path}`));
  }

  listDirectory(): Promise<string[]> {
    return Promise.resolve([]);
  }
}
