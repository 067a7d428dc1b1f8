import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../packaging/v8_flags.ts";
import { inTime } from "./in_time.ts";
import { OutputText } from "./output_text.ts";

// The script that runs a bundle is beside the bundle's entry.
const BUNDLE = Deno.env.get("DF_PUBSUB_BUNDLE");
const MAIN = BUNDLE === undefined
  ? fileURLToPath(new URL("../../main.ts", import.meta.url))
  : join(dirname(BUNDLE), "main.js");
const TIMEOUT_MS = 30_000;

// The environment for every started program: the machine's own configuration must not affect it.
Deno.env.set("DF_PUBSUB_CONFIG", "/dev/null");
// No test writes into the cache of the account, in which the runtime has its own.
if (!Deno.env.has("DENO_DIR")) {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  Deno.env.set("DENO_DIR", `${cache}/deno`);
}
Deno.env.set("XDG_CACHE_HOME", "/dev/null");

/** Options for a child process besides its arguments. */
export interface ProgramOptions {
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the command line in its arguments. @default none */
  readonly by?: readonly string[];
  /**
   * Whether the program runs as root without the capability to ignore file permissions. Without
   * this, file modes have no effect on tests that run as root.
   */
  readonly isBoundByFileModes?: boolean;
}

// Part of util-linux, which every Debian has.
const WITHOUT_OVERRIDE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] as const;

/** How a command ended, and its output. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The arguments of a runtime that runs the program with these arguments. */
export function programArgs(args: readonly string[]): string[] {
  return ["run", "-A", "--no-check", V8_FLAGS, MAIN, ...args];
}

/**
 * The command line that runs the program with these arguments. It runs the executable that
 * `DF_PUBSUB_BINARY` names, or the script for its bundle that `DF_PUBSUB_BUNDLE` names (default:
 * the sources).
 */
export function programCommand(args: readonly string[]): [string, ...string[]] {
  const binary = Deno.env.get("DF_PUBSUB_BINARY") ?? Deno.env.get("DF_PUBSUB_BUNDLE");
  return binary === undefined ? [Deno.execPath(), ...programArgs(args)] : [binary, ...args];
}

/** The Deno version that runs the program: this one, or the one in the executable. */
export function programDeno(): string {
  return Deno.env.get("DF_PUBSUB_BINARY_DENO") ?? Deno.version.deno;
}

/** The program as a child process. Disposing kills it if it has not ended. */
export class Program implements AsyncDisposable {
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #hasEnded = false;

  /** Starts `df-pubsub` with these arguments. */
  static start(
    args: readonly string[],
    { env = {}, by = [], isBoundByFileModes = false }: ProgramOptions = {},
  ): Program {
    const outer = isBoundByFileModes ? WITHOUT_OVERRIDE : [];
    const command = [...outer, ...by, ...programCommand(args)];
    return Program.startCommand(command, { env, name: args[0] ?? "df-pubsub" });
  }

  /** Starts `df-pubsub` with these arguments, and this text as its standard input. */
  static withInput(args: readonly string[], stdin: string, options: ProgramOptions = {}): Program {
    const program = Program.start(args, options);
    void program.write(stdin).then(() => program.endInput());
    return program;
  }

  /** Starts another program; its name is for failures. */
  static startCommand(
    [command = "", ...args]: readonly string[],
    { name, ...options }: Pick<Deno.CommandOptions, "env" | "cwd"> & { readonly name: string },
  ): Program {
    const stdio = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
    const child = new Deno.Command(command, { args, ...options, ...stdio }).spawn();
    return new Program(child, name);
  }

  private constructor(child: Deno.ChildProcess, name: string) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.stdout = new OutputText(`stdout of ${name}`, child.stdout);
    this.stderr = new OutputText(`stderr of ${name}`, child.stderr);
    void child.status.then(() => this.#hasEnded = true);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Writes to standard input. Input for a process that has ended is dropped, which is not a failure.
   */
  async write(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text)).catch(() => {});
  }

  async endInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end of the process. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<ProgramResult> {
    this.kill(signal);
    return await this.result();
  }

  /** Waits for the end of the process. On timeout, fails with the output so far. */
  async result(timeoutMs = TIMEOUT_MS): Promise<ProgramResult> {
    const said = () => `still runs, after:\n${this.stderr.text}${this.stdout.text}`;
    return await inTime(this.#result(), timeoutMs, said);
  }

  async #result(): Promise<ProgramResult> {
    const { code } = await this.#child.status;
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    return { code, stdout: this.stdout.text, stderr: this.stderr.text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#kill();
    await this.endInput();
    await this.#result();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // The process has just ended by itself.
    }
  }
}

/** Runs a command until it ends, with this text on its standard input. */
export async function run(
  args: readonly string[],
  { stdin = "", ...options }: ProgramOptions & { readonly stdin?: string } = {},
): Promise<ProgramResult> {
  await using program = Program.withInput(args, stdin, options);
  return await program.result();
}
