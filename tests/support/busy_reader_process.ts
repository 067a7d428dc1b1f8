import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { linesOf } from "./lines.ts";

const SCRIPT = fileURLToPath(new URL("./busy_reader.ts", import.meta.url));
const PATIENCE_MS = 20_000;

/** A running `busy_reader.ts`; disposing kills it. */
export class BusyReader implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string, undefined>;

  constructor(address: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", SCRIPT, address],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Resolves when it prints this line; fails when it has ended or does not. */
  async prints(wanted: string): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    try {
      return await this.#readUntil(wanted);
    } finally {
      clearTimeout(timer);
    }
  }

  async #readUntil(wanted: string): Promise<void> {
    for (let last = "nothing";;) {
      const { value } = await this.#lines.next();
      assert(value !== undefined, `the subscriber has ended after "${last}", wanted "${wanted}"`);
      if (value === wanted) return;
      last = value;
    }
  }

  /** Lets it read, from now on. */
  async read(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  /** Lets it end by itself. @returns its exit code */
  async finish(): Promise<number> {
    await this.#input.close();
    while (!(await this.#lines.next()).done);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      return;
    }
    await this.#input.close().catch(() => {});
    while (!(await this.#lines.next()).done);
    await this.#child.status;
  }
}
