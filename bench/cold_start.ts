import { programArguments } from "./running_relay.ts";

/** Milliseconds from start to exit of whole processes, one entry a round. */
export interface ColdStarts {
  readonly publishMs: number[];
  readonly emptyMs: number[];
}

const EVENT = ["--table", "lport", "--key", "port-1", "--action", "set", "--value", "{}"];

/**
 * Times `publish` of one event into a running service, each time beside a Deno that runs an empty
 * file: what the difference leaves is ours. One pair goes before that does not count.
 *
 * @throws {Error} when a process fails
 */
export async function measureColdStarts(
  directory: string,
  settings: readonly string[],
  rounds: number,
): Promise<ColdStarts> {
  const emptyFile = `${directory}/empty.ts`;
  await Deno.writeTextFile(emptyFile, "");
  const publish = programArguments("publish", [...settings, ...EVENT]);
  const figures: ColdStarts = { publishMs: [], emptyMs: [] };
  for (let round = 0; round <= rounds; round++) {
    const emptyMs = await timeDeno(["run", "-A", emptyFile]);
    const publishMs = await timeDeno(publish);
    if (round === 0) continue;
    figures.emptyMs.push(emptyMs);
    figures.publishMs.push(publishMs);
  }
  return figures;
}

async function timeDeno(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const command = new Deno.Command(Deno.execPath(), { args: [...args], stdout: "null" });
  const { success, stderr } = await command.output();
  const elapsed = performance.now() - start;
  if (success) return elapsed;
  throw new Error(`Cannot run deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
