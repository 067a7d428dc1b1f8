import { stripVTControlCharacters } from "node:util";

/** A descendant that has left the process group may hold the output open for this long. */
const CLOSING_MS = 5_000;

/** What a process is run with. */
export interface ProcessOptions {
  readonly cwd: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Kills it. */
  readonly signal: AbortSignal;
  /** The process is killed when it prints nothing for this long. */
  readonly silenceMs: number;
}

/** How a process ended. */
export interface ProcessOutcome {
  readonly code: number;
  /** Both streams, without colours. */
  readonly output: string;
  /** It printed nothing for too long and was killed. */
  readonly wasSilent: boolean;
}

/** Runs this version of Deno in a process group of its own. The whole group ends with it. */
export async function runDeno(
  args: readonly string[],
  { cwd, env, signal, silenceMs }: ProcessOptions,
): Promise<ProcessOutcome> {
  const child = new Deno.Command(Deno.execPath(), {
    ...{ args: [...args], cwd, env: { ...env } },
    ...{ stdin: "null", stdout: "piped", stderr: "piped", detached: true },
  }).spawn();
  const killAll = () => killGroup(child.pid);
  signal.addEventListener("abort", killAll);
  if (signal.aborted) killAll();
  let wasSilent = false;
  const endSilence = () => {
    wasSilent = true;
    killAll();
  };
  let silence = setTimeout(endSilence, silenceMs);
  const onOutput = () => {
    clearTimeout(silence);
    silence = setTimeout(endSilence, silenceMs);
  };
  const stdout = new ReadText(child.stdout, onOutput);
  const stderr = new ReadText(child.stderr, onOutput);
  try {
    const { code } = await child.status;
    killAll();
    await Promise.all([stdout.close(), stderr.close()]);
    return { code, output: stripVTControlCharacters(stdout.text + stderr.text), wasSilent };
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", killAll);
  }
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    // None of its processes is left.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The text of a stream, read as it arrives. */
class ReadText {
  text = "";
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #ended: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onText: () => void) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    this.#ended = this.#read(onText);
  }

  /** Waits for the end of the stream, but not for long. */
  async close(): Promise<void> {
    const timer = setTimeout(() => void this.#reader.cancel().catch(() => {}), CLOSING_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  async #read(onText: () => void): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      this.text += value;
      onText();
    }
  }
}
