import { OutputText } from "./output_text.ts";
import { programPath, type SystemProgram } from "./system_programs.ts";

const TAIL_LINES = 15;

/** A server process. Disposing kills it and waits for its end. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: OutputText;
  readonly #stderr: OutputText;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  /**
   * Starts a program. The kernel kills it when this process ends, so a killed test run leaves no
   * servers behind.
   * @throws {Error} when the program is not installed
   */
  static start(program: SystemProgram, args: readonly string[]): ServerProcess {
    const child = new Deno.Command(programPath("setpriv"), {
      args: ["--pdeathsig", "KILL", "--", programPath(program), ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new ServerProcess(child, program);
  }

  private constructor(child: Deno.ChildProcess, program: SystemProgram) {
    this.#child = child;
    this.#stdout = new OutputText(`stdout of ${program}`, child.stdout);
    this.#stderr = new OutputText(`stderr of ${program}`, child.stderr);
    this.#ended = this.#end();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** All output of the process. */
  get log(): string {
    return this.#stdout.text + this.#stderr.text;
  }

  /** The last lines of the output. */
  get tail(): string {
    return this.log.split("\n").slice(-TAIL_LINES).join("\n");
  }

  /**
   * Waits until the log contains the text. Kills the server and fails when the server ends or the
   * timeout passes.
   */
  async ready(pattern: RegExp): Promise<void> {
    try {
      await this.#stdout.waitFor(pattern);
    } catch {
      await this[Symbol.asyncDispose]();
      throw new Error(`the server did not get ready:\n${this.tail}`);
    }
  }

  /** Sends a signal. The process must still run. */
  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#kill();
    await this.#ended;
  }

  async #end(): Promise<void> {
    await this.#child.status;
    this.#hasEnded = true;
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has just ended by itself.
    }
  }
}
