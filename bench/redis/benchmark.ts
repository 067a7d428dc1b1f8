import { startError } from "../system_server.ts";

/** The load that redis-benchmark publishes. */
export interface PublishLoad {
  readonly channel: string;
  readonly eventBytes: number;
  /** Number of events. Must be a multiple of the pipeline, or redis-benchmark sends more. */
  readonly events: number;
  /** Number of commands that redis-benchmark sends before it reads their replies. */
  readonly pipeline: number;
}

const RATE = /^"[^"]*","(\d+(?:\.\d+)?)"/m;

/**
 * Publishes with `redis-benchmark` over one connection and returns the events per second. It has no
 * named test for PUBLISH, so this passes the whole command.
 * @throws {RangeError} for a number of events that it cannot send
 * @throws {Error} with its output, or the package to install
 */
export async function redisBenchmark(port: number, load: PublishLoad): Promise<number> {
  const { channel, eventBytes, events, pipeline } = load;
  if (events % pipeline !== 0) {
    throw new RangeError(`Load of ${events} events: wanted a multiple of ${pipeline}`);
  }
  const numbers = ["-p", port, "-n", events, "-P", pipeline, "-c", 1].map(String);
  const command = ["PUBLISH", channel, "x".repeat(eventBytes)];
  const { success, stdout, stderr } = await run([...numbers, "--csv", ...command]);
  const [text, complaint] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const rate = RATE.exec(text ?? "")?.[1];
  if (success && rate !== undefined) return Number(rate);
  throw new Error(`redis-benchmark -P ${pipeline}: no rate in "${text}": ${complaint}`);
}

async function run(args: string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command("redis-benchmark", { args }).output();
  } catch (cause) {
    throw startError(cause, "redis-benchmark", "redis-server");
  }
}
