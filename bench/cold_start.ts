import type { CommandLine } from "./program.ts";

/**
 * Times whole processes from start to exit. Each round runs all of them, so that a disturbance
 * affects all. The first round does not count.
 * @returns for each command its milliseconds, one entry per round
 * @throws {Error} when a process fails
 */
export async function timeColdStarts(
  commands: readonly CommandLine[],
  rounds: number,
): Promise<number[][]> {
  const times = commands.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, command] of commands.entries()) {
      const elapsed = await timeOnce(command);
      if (round > 0) times[at]?.push(elapsed);
    }
  }
  return times;
}

async function timeOnce([program, ...args]: CommandLine): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(program, { args, stdout: "null" }).output();
  const elapsed = performance.now() - start;
  if (success) return elapsed;
  const said = new TextDecoder().decode(stderr);
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${said}`);
}
