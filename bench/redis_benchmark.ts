import { REDIS_HINT } from "./redis_server.ts";

/** What the server's own load generator is to publish. */
export interface PublishLoad {
  readonly channel: string;
  readonly eventBytes: number;
  /** How often; a multiple of the pipeline, or more would be sent. */
  readonly events: number;
  /** How many commands it sends before it reads their answers. */
  readonly pipeline: number;
}

const RATE = /^"[^"]*","(\d+(?:\.\d+)?)"/m;

/**
 * Publishes by `redis-benchmark`, over one connection; gives the events a second. It has no test of
 * that under a name, so the whole command is given.
 *
 * @throws {RangeError} for a number of events that it cannot send
 * @throws {Error} with its own words, or what to install
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
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot run "redis-benchmark": ${REDIS_HINT}`, { cause });
  }
}
