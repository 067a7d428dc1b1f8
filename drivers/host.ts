import type { HostFacts } from "./contract/option.ts";

/** The account the program runs under, as defaults of options depend on it. */
export function hostFacts(): HostFacts {
  const uid = Deno.uid();
  return {
    isRoot: uid === 0,
    home: Deno.env.get("HOME") ?? "/",
    runtimeDirectory: Deno.env.get("XDG_RUNTIME_DIR") ?? `/tmp/df-pubsub-${uid}`,
  };
}

/** The file system, as the configuration reads it. */
export const hostFiles = {
  readTextFile: (path: string): Promise<string> => Deno.readTextFile(path),
  async listDirectory(path: string): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name);
  },
} as const;
