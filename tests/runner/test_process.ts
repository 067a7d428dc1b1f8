import { stripVTControlCharacters } from "node:util";
import { OutputText } from "../support/output_text.ts";

/** A descendant that has left the process group may hold the output open for this long. */
const CLOSING_MS = 5_000;
/** How many times the output is looked at during the longest silence. */
const LOOKS = 20;

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
  const stdout = new OutputText("stdout", child.stdout);
  const stderr = new OutputText("stderr", child.stderr);
  let wasSilent = false;
  let [seen, since] = [0, performance.now()];
  const watch = setInterval(() => {
    const size = stdout.text.length + stderr.text.length;
    if (size > seen) [seen, since] = [size, performance.now()];
    else if (performance.now() - since >= silenceMs) {
      wasSilent = true;
      killAll();
    }
  }, silenceMs / LOOKS);
  try {
    const { code } = await child.status;
    killAll();
    await Promise.all([stdout, stderr].map(close));
    return { code, output: stripVTControlCharacters(stdout.text + stderr.text), wasSilent };
  } finally {
    clearInterval(watch);
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

/** Waits for the end of the stream, but not for long. */
async function close(stream: OutputText): Promise<void> {
  const timer = setTimeout(() => void stream.stopReading(), CLOSING_MS);
  await stream.ended;
  clearTimeout(timer);
}
