import {
  type ErrorOutput,
  type Input,
  type Io,
  OutputClosed,
  type ServiceRequest,
} from "../../../cli/terminal/io.ts";
import { clientTls } from "../../../drivers/tls.ts";
import type { FullTerminal } from "../../../cli/terminal/full_terminal.ts";

const encoder = new TextEncoder();

/** Options of a {@linkcode FakeIo}. */
export interface FakeIoOptions {
  readonly stdin?: string | Input;
  readonly isTerminal?: boolean;
  readonly terminal?: FullTerminal;
  readonly env?: Readonly<Record<string, string>>;
  /** File contents by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A stream that keeps the bytes written to it. */
export class FakeOutput implements ErrorOutput {
  readonly isTerminal: boolean;
  readonly columns = 80;
  readonly isJournal = false;
  readonly droppedLines = 0;
  text = "";
  /** Whether the reader has closed its end. */
  isClosed = false;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
  }

  onRoom(): void {}

  write(text: string): void {
    if (this.isClosed) throw new OutputClosed();
    this.text += text;
  }
}

/** An input that yields these chunks and then ends. `null` keeps its reader waiting for ever. */
export function fakeInput(...chunks: readonly (string | Uint8Array | null)[]): Input {
  const left = chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  return {
    read(into) {
      const chunk = left.shift();
      if (chunk === null) return new Promise(() => {});
      if (chunk === undefined) return Promise.resolve(null);
      const size = Math.min(chunk.length, into.length);
      into.set(chunk.subarray(0, size));
      if (size < chunk.length) left.unshift(chunk.subarray(size));
      return Promise.resolve(size);
    },
  };
}

/** A simulated process for commands under test. */
export class FakeIo implements Io {
  readonly out: FakeOutput;
  readonly err: FakeOutput;
  readonly stdin: Input;
  readonly terminal: FullTerminal | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly facts = { isRoot: false, home: "/home/user", runtimeDirectory: "/run/user/1000" };
  readonly #files: Record<string, string>;
  readonly #interrupt = new AbortController();

  constructor(
    { stdin = "", isTerminal = false, terminal, env = {}, files = {} }: FakeIoOptions = {},
  ) {
    this.out = new FakeOutput(isTerminal);
    this.err = new FakeOutput(isTerminal);
    this.stdin = typeof stdin === "string" ? fakeInput(stdin) : stdin;
    this.terminal = terminal;
    this.env = env;
    this.#files = { ...files };
  }

  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Sends the signal of Ctrl-C. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  onRequest(_handle: (request: ServiceRequest) => void): void {}

  hostName(): Promise<string> {
    return Promise.resolve("controller.example.com");
  }

  async readFile(path: string): Promise<Uint8Array> {
    return encoder.encode(await this.readTextFile(path));
  }

  readTextFile(path: string): Promise<string> {
    const text = this.#files[path];
    if (text !== undefined) return Promise.resolve(text);
    return Promise.reject(new Deno.errors.NotFound(`No such file: ${path}`));
  }

  replaceFile(path: string, text: string): Promise<void> {
    this.#files[path] = text;
    return Promise.resolve();
  }

  requireRegularFile(): Promise<void> {
    return Promise.resolve();
  }

  exists(path: string): Promise<boolean> {
    const directory = path.replace(/\/?$/, "/");
    const isInside = (file: string) => file === path || file.startsWith(directory);
    return Promise.resolve(Object.keys(this.#files).some(isInside));
  }

  clientTls: Io["clientTls"] = clientTls;

  listDirectory(path: string): Promise<string[]> {
    const inside = Object.keys(this.#files).filter((file) => file.startsWith(`${path}/`));
    return Promise.resolve(inside.map((file) => file.slice(path.length + 1)));
  }
}
