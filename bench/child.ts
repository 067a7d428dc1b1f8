const STOP_TIMEOUT_MS = 5_000;

/** Yields the lines of a stream as they arrive. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** The stream of a {@linkcode Child} that is read. The other stream is inherited or dropped. */
export interface ChildOptions {
  readonly read: "stdout" | "stderr";
}

/** A program under measurement: its process id, its lines, and its end. */
export class Child implements AsyncDisposable {
  readonly #name: string;
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  constructor(program: string, args: readonly string[], { read }: ChildOptions) {
    this.#name = `${program} ${args.slice(0, 3).join(" ")}`;
    this.#process = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: read === "stdout" ? "piped" : "null",
      stderr: read === "stderr" ? "piped" : "inherit",
    }).spawn();
    this.#lines = linesOf(this.#process[read]);
    this.#input = this.#process.stdin.getWriter();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends one line to the program's standard input. */
  async write(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /**
   * Returns the next line that `pattern` matches and skips other lines.
   * @throws {Error} with the output so far, when the program ends or the timeout passes
   */
  async line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const skipped: string[] = [];
    const timer = setTimeout(() => this.#kill("SIGKILL"), timeoutMs);
    try {
      for (;;) {
        const { done, value } = await this.#lines.next();
        if (done) break;
        const match = pattern.exec(value);
        if (match !== null) return match;
        skipped.push(value);
      }
    } finally {
      clearTimeout(timer);
    }
    const wanted = `a line like ${pattern} within ${timeoutMs} ms`;
    throw new Error(`"${this.#name}" ended, wanted ${wanted}; its output:\n${skipped.join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill("SIGTERM");
    const timer = setTimeout(() => this.#kill("SIGKILL"), STOP_TIMEOUT_MS);
    const drained = this.#drain();
    await this.#input.abort().catch(() => {});
    await this.#process.status;
    await drained;
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    while (!(await this.#lines.next()).done);
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch {
      // The process has ended by itself.
    }
  }
}
