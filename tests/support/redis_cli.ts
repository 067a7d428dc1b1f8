import { programPath } from "./redis_programs.ts";

const PATIENCE_MS = 30_000;

/** Who asks; without a name it is the user "default". */
export interface Login {
  readonly username?: string;
  readonly password: string;
}

/** The server that is asked, and how. */
export interface CliTarget {
  readonly host: string;
  readonly port: number;
  readonly login?: Login | undefined;
  /** Flags of redis-cli besides, such as those of TLS. */
  readonly flags?: readonly string[];
}

/** How {@linkcode redisCli} runs. */
export interface CliOptions {
  /**
   * Text for the standard input: with `-x` among the arguments the last argument of the command,
   * without a command one command a line. Arguments hold no more than 128 KiB, this any amount.
   */
  readonly input?: string;
  /** @default 30 s, then the question fails (a stopped server never answers) */
  readonly patienceMs?: number;
}

/**
 * Runs redis-cli and gives its output without the last line end. The password goes by the
 * environment, never by an argument.
 *
 * @param args a command and what belongs to it; flags of redis-cli, such as `-c`, come before it
 * @throws {Error} when the server cannot be reached, answers with an error or does not answer
 */
export async function redisCli(
  target: CliTarget,
  args: readonly string[],
  { input, patienceMs = PATIENCE_MS }: CliOptions = {},
): Promise<string> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patienceMs);
  try {
    const output = await runCli([...flagsOf(target), ...args], {
      env: environmentOf(target),
      input: input ?? "",
      signal: controller.signal,
    });
    if (controller.signal.aborted) throw failure(args, target, `no answer in ${patienceMs} ms`);
    if (!output.success) throw failure(args, target, text(output.stderr) || text(output.stdout));
    return text(output.stdout);
  } finally {
    clearTimeout(timer);
  }
}

interface RunOptions {
  readonly env: Record<string, string>;
  readonly input: string;
  readonly signal: AbortSignal;
}

async function runCli(
  args: readonly string[],
  { env, input, signal }: RunOptions,
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(programPath("redis-cli"), {
    args: [...args],
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const written = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const output = await child.output();
  await written;
  return output;
}

function flagsOf({ host, port, login, flags = [] }: CliTarget): string[] {
  const user = login?.username === undefined ? [] : ["--user", login.username];
  return ["-e", "-h", host, "-p", String(port), ...user, ...flags];
}

function environmentOf({ login }: CliTarget): Record<string, string> {
  return login === undefined ? {} : { REDISCLI_AUTH: login.password };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\n$/, "");
}

function failure(args: readonly string[], { host, port }: CliTarget, reason: string): Error {
  return new Error(`redis-cli "${args.join(" ")}" on ${host}:${port}: ${reason}`);
}
