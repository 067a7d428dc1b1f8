import { OutputClosed } from "../../cli/terminal/io.ts";
import type { FakeIo } from "./fakes/fake_io.ts";
import { hostIo } from "./host_io.ts";
import { inTime } from "./in_time.ts";
import { OutputText } from "./output_text.ts";
import { Program, type ProgramOptions, type ProgramResult } from "./program.ts";

const TIMEOUT_MS = 30_000;

/** The standard input of a command, and its variables besides those of this process. */
export interface InputOptions extends Pick<ProgramOptions, "env"> {
  readonly stdin?: string;
}

/** What a test may do with a command, in whichever process it runs. */
export interface RunningCommand extends AsyncDisposable {
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  /** Waits for the end of the command. */
  result(): Promise<ProgramResult>;
  /** Ends the command as Ctrl-C does. */
  stop(): Promise<ProgramResult>;
}

/** An output that the test reads as it arrives. Like a pipe, it passes on many lines at a time. */
class CapturedOutput {
  readonly isTerminal = false;
  readonly isJournal = false;
  readonly columns = 80;
  readonly droppedLines = 0;
  readonly text: OutputText;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isRead = true;
  #hasEnded = false;
  #unread = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string) {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.#isRead = false),
    });
    this.text = new OutputText(name, stream);
  }

  write(text: string): void {
    if (this.#hasEnded) return;
    if (!this.#isRead) throw new OutputClosed();
    this.#unread += text;
    this.#timer ??= setTimeout(() => this.#passOn());
  }

  #passOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isRead) this.#controller?.enqueue(this.#encoder.encode(this.#unread));
    this.#unread = "";
  }

  onRoom(): void {}

  end(): void {
    this.#passOn();
    if (this.#isRead) this.#controller?.close();
    this.#hasEnded = true;
  }
}

/**
 * A command of the program in the process of the test, with the files, variables and network of the
 * host. It starts in a tenth of the processor time of a process: for commands that prepare or
 * observe what a test is about.
 */
class CommandHere implements RunningCommand {
  readonly stdout: OutputText;
  readonly stderr: OutputText;
  readonly #io: FakeIo;
  readonly #result: Promise<ProgramResult>;

  /** Starts `df-pubsub` with these arguments. */
  constructor(args: readonly string[], { stdin = "", env }: InputOptions) {
    const out = new CapturedOutput(`stdout of ${args[0]}`);
    const err = new CapturedOutput(`stderr of ${args[0]}`);
    this.stdout = out.text;
    this.stderr = err.text;
    const host = hostIo({ stdin, env: { ...Deno.env.toObject(), ...env } });
    this.#io = host;
    this.#result = this.#run(args, Object.assign(host, { out, err }));
  }

  async #run(
    args: readonly string[],
    io: FakeIo & { readonly out: CapturedOutput; readonly err: CapturedOutput },
  ): Promise<ProgramResult> {
    // Most test files never run a command in their process.
    const { run } = await import("../../cli/program.ts");
    const code = await run(args, io);
    io.out.end();
    io.err.end();
    await Promise.all([this.stdout.ended, this.stderr.ended]);
    return { code, stdout: this.stdout.text, stderr: this.stderr.text };
  }

  result(): Promise<ProgramResult> {
    const said = () => `still runs, after:\n${this.stderr.text}${this.stdout.text}`;
    return inTime(this.#result, TIMEOUT_MS, said);
  }

  stop(): Promise<ProgramResult> {
    this.#io.interrupt();
    return this.result();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a command in the process of the test: one that only prepares or observes what the test is
 * about. The tests of the executable run the executable.
 */
export function startHere(args: readonly string[], options: InputOptions = {}): RunningCommand {
  if (!Deno.env.has("DF_PUBSUB_BINARY")) return new CommandHere(args, options);
  const { stdin = "", env = {} } = options;
  return Program.withInput(args, stdin, { env });
}

/** Runs a command in the process of the test until it ends. */
export async function runHere(
  args: readonly string[],
  options: InputOptions = {},
): Promise<ProgramResult> {
  await using command = startHere(args, options);
  return await command.result();
}
