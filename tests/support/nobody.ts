import { fileURLToPath } from "node:url";
import type { TempDir } from "./temp_dir.ts";

/** The account "nobody". */
export const NOBODY = 65534;

/** Only root can give files to other accounts. */
export const isRoot: boolean = Deno.uid() === 0;

const SCRIPT = fileURLToPath(new URL("./nobody_ends.ts", import.meta.url));

/**
 * A new directory that belongs to "nobody". Its parent belongs to this account, and others may
 * enter it.
 */
export async function directoryOfNobody(parent: TempDir): Promise<string> {
  await Deno.chmod(parent.path, 0o755);
  const path = parent.join("nobody");
  await Deno.mkdir(path, { mode: 0o755 });
  await Deno.chown(path, NOBODY, NOBODY);
  return path;
}

/**
 * What a database and a service with a publisher, all run as "nobody", report about a directory.
 */
export async function nobodyIn(
  directory: string,
): Promise<{ readonly database: string; readonly service: string }> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, directory],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const said = (what: string) => new RegExp(`^${what}: (.*)$`, "m").exec(text)?.[1];
  const [database, service] = [said("database"), said("service")];
  if (database === undefined || service === undefined) {
    throw new Error(`nobody said: ${text}${new TextDecoder().decode(stderr)}`);
  }
  return { database, service };
}
