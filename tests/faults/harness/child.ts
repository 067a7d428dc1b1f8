import { linesOf } from "../../support/lines.ts";
import { OutputText } from "../../support/output_text.ts";

/** Options for starting a process of the harness. */
export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Receives each line of standard output. Without it, the output is kept as text. */
  readonly onLine?: (line: string) => void;
  /** A command prefix: `ip netns exec NAME`, `faketime`. */
  readonly wrapper?: readonly string[];
}

/** How a process ended. */
export interface ChildEnd {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
}

/** A process of the harness, which the harness signals only by its id. Disposing kills it. */
export class Child implements AsyncDisposable {
  readonly stderr: OutputText;
  readonly stdout: OutputText | undefined;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;
  #hasEnded = false;

  /** @param name for error messages */
  constructor(name: string, command: readonly string[], options: ChildOptions = {}) {
    const { env = {}, onLine, wrapper = [] } = options;
    const [program = "", ...args] = [...wrapper, ...command];
    const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    this.#process = new Deno.Command(program, { args, env, ...piped }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.stderr = new OutputText(`stderr of ${name}`, this.#process.stderr);
    if (onLine === undefined) {
      this.stdout = new OutputText(`stdout of ${name}`, this.#process.stdout);
      this.#reading = this.stdout.ended;
    } else this.#reading = readLines(this.#process.stdout, onLine);
    void this.#process.status.then(() => this.#hasEnded = true);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends a signal, unless the process has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#hasEnded) return;
    try {
      this.#process.kill(signal);
    } catch {
      // The process has just ended by itself.
    }
  }

  /** Writes to standard input. Returns false when the process no longer reads it. */
  async write(text: string): Promise<boolean> {
    const written = this.#input.write(new TextEncoder().encode(text));
    return await written.then(() => true, () => false);
  }

  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** Resolves when the process has ended and its output has been read. */
  async ended(): Promise<ChildEnd> {
    const { code } = await this.#process.status;
    await Promise.all([this.#reading, this.stderr.ended, this.endInput()]);
    return { code, stderr: this.stderr.text, stdout: this.stdout?.text ?? "" };
  }

  /** Sends a signal, and kills the process when it has not ended in time. */
  async stop(signal: Deno.Signal = "SIGTERM", timeoutMs = 10_000): Promise<ChildEnd> {
    this.signal(signal);
    const timer = setTimeout(() => this.signal("SIGKILL"), timeoutMs);
    try {
      return await this.ended();
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.endInput();
    await this.ended();
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  for await (const line of linesOf(stream)) onLine(line);
}
