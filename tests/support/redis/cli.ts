import { redisQuery } from "./query.ts";
import { programPath } from "../system_programs.ts";

const TIMEOUT_MS = 30_000;

/** A user's login. Without a name it is the user "default". */
export interface Login {
  readonly username?: string;
  readonly password: string;
}

/** The server, and how to reach it. */
export interface CliTarget {
  readonly host: string;
  readonly port: number;
  readonly login?: Login | undefined;
  /** Other flags of redis-cli, such as those for TLS. */
  readonly flags?: readonly string[];
}

/** Options of {@linkcode redisCli}. */
export interface CliOptions {
  /**
   * Text for standard input. With `-x` among the arguments it is the command's last argument.
   * Without a command, each line is one command. An argument is at most 128 KiB; this text has no
   * limit.
   */
  readonly input?: string;
  /** @default 30 s (a stopped server never replies) */
  readonly timeoutMs?: number;
}

/**
 * Returns the output of redis-cli without the last newline. Runs the program only when one of its
 * flags is needed: a start costs as much as a hundred queries. The password is in the environment,
 * never in an argument.
 * @param args a command and its arguments; flags of redis-cli, such as `-c`, come before it
 * @throws {Error} when the server cannot be reached, replies with an error, or does not reply in
 * time
 */
export async function redisCli(
  target: CliTarget,
  args: readonly string[],
  { input, timeoutMs = TIMEOUT_MS }: CliOptions = {},
): Promise<string> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  const { signal } = controller;
  try {
    if (!needsProgram(target, args)) {
      return await redisQuery(target, args.length > 0 ? args : input ?? "", signal);
    }
    const env = environmentOf(target);
    const output = await runCli([...flagsOf(target), ...args], { env, input: input ?? "", signal });
    if (!output.success) throw new Error(text(output.stderr) || text(output.stdout));
    return text(output.stdout);
  } catch (error) {
    if (signal.aborted) throw failure(args, target, `no reply in ${timeoutMs} ms`);
    throw failure(args, target, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

function needsProgram({ flags = [] }: CliTarget, [first = ""]: readonly string[]): boolean {
  return flags.length > 0 || first.startsWith("-");
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
