import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Starts the real program with these arguments. */
export function programCommand(args: readonly string[]): string[] {
  return [Deno.execPath(), "run", "--quiet", "-A", MAIN, ...args];
}

/** One process of the demo. Its output is shown line by line. */
export class DemoProcess implements AsyncDisposable {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>[];
  readonly #lines: string[] = [];
  #watchers: (() => void)[] = [];

  constructor(name: string, command: readonly string[], onLine: (line: string) => void) {
    this.name = name;
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const take = (line: string) => {
      this.#lines.push(line);
      onLine(line);
      for (const watcher of this.#watchers) watcher();
    };
    this.#reading = [readLines(this.#child.stdout, take), readLines(this.#child.stderr, take)];
  }

  /** Writes this text to standard input and closes it. */
  async feed(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  }

  /** Waits until `count` lines have matched. @throws {Error} on timeout */
  async until(pattern: RegExp, { count = 1, timeoutMs = 10_000 } = {}): Promise<void> {
    const isThere = () => this.#lines.filter((line) => pattern.test(line)).length >= count;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watcher = () => isThere() && resolve();
    const late = () => reject(new Error(`${this.name} did not print ${pattern} ${count} times`));
    const timer = setTimeout(late, timeoutMs);
    this.#watchers.push(watcher);
    watcher();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers = this.#watchers.filter((each) => each !== watcher);
    }
  }

  /** The matching lines so far. */
  matching(pattern: RegExp): string[] {
    return this.#lines.filter((line) => pattern.test(line));
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The exit code, after all output. */
  async ended(): Promise<number> {
    await Promise.all(this.#reading);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has ended by itself.
    }
    await this.#child.stdin.close().catch(() => {});
    await this.ended();
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  if (rest !== "") take(rest);
}
