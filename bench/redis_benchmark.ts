import { REDIS_HINT } from "./redis_server.ts";

/** What the server's own load generator is to do. */
export interface RedisLoad {
  /** The command with its arguments, but for the last, which is the payload. */
  readonly command: readonly string[];
  readonly payload: Uint8Array;
  /** How often; a multiple of the pipeline, or more would be sent. */
  readonly events: number;
  /** How many commands it sends before it reads their answers. */
  readonly pipeline: number;
}

const RATE = /^".*","(\d+(?:\.\d+)?)"/m;

/**
 * Runs `redis-benchmark` over one connection; gives the commands a second. It has no test of
 * PUBLISH under a name, so the command is given in full and the payload by standard input.
 *
 * @throws {RangeError} for a number of events that it cannot send
 * @throws {Error} with its own words, or what to install
 */
export async function redisBenchmark(port: number, load: RedisLoad): Promise<number> {
  const { command, payload, events, pipeline } = load;
  if (events % pipeline !== 0) {
    throw new RangeError(`Load of ${events} events: wanted a multiple of ${pipeline}`);
  }
  const numbers = ["-p", port, "-n", events, "-P", pipeline, "-c", 1].map(String);
  await using process = spawn([...numbers, "--csv", "-x", ...command]);
  const input = process.stdin.getWriter();
  await input.write(new Uint8Array(payload));
  await input.close();
  const { success, stdout, stderr } = await process.output();
  const [text, complaint] = [stdout, stderr].map((octets) => new TextDecoder().decode(octets));
  const rate = RATE.exec(text ?? "")?.[1];
  if (success && rate !== undefined) return Number(rate);
  throw new Error(`redis-benchmark ${command.join(" ")}: no rate in "${text}": ${complaint}`);
}

function spawn(args: string[]): Deno.ChildProcess {
  const pipes = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  try {
    return new Deno.Command("redis-benchmark", { args, ...pipes }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot run "redis-benchmark": ${REDIS_HINT}`, { cause });
  }
}
