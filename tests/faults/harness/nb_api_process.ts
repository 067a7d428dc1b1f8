// A module that the processes with NbApi share; not a program itself.
import * as df from "../../../mod.ts";

/** Opens an NbApi that logs to standard error. */
export async function openNbApi(
  overrides: readonly string[],
  tables: readonly string[] = [],
): Promise<df.NbApi> {
  const settings = await df.loadConfig({
    table: [...df.coreOptions, ...df.driverOptions],
    overrides,
    facts: df.hostFacts(),
    io: df.hostFiles,
  });
  const { loadPubSubDriver, loadDbDriver, systemClock: clock } = df;
  const drivers = { loadPubSubDriver, loadDbDriver };
  return await df.NbApi.initialize({ settings, drivers, tables, clock, log: complaints });
}

/** Logs warnings and errors only. */
export const complaints: df.Logger = {
  ...df.silentLogger,
  warn: (message) => console.error(`warn ${message}`),
  error: (message) => console.error(`error ${message}`),
};

/** Writes a document as one complete line of standard output. */
export function say(line: unknown): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
