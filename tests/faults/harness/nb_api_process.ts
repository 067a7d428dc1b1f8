// Shared by the processes that use the library; not a program itself.
import * as df from "../../../mod.ts";

/** Opens an NbApi that logs to standard error. */
export async function openNbApi(
  overrides: readonly string[],
  tables: readonly string[] = [],
): Promise<df.NbApi> {
  return await df.openNbApi({ set: settingsOf(overrides), tables, log: complaints });
}

/** `group.option=value` each, as the library takes them. */
export function settingsOf(overrides: readonly string[]): Record<string, string> {
  return Object.fromEntries(overrides.map((each) => each.split(/=(.*)/s, 2)));
}

/** Tells what went wrong, and nothing else. */
export const complaints: df.Logger = df.consoleLogger({ level: "warn" });

/** Writes a document as one complete line of standard output. */
export function say(line: unknown): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
