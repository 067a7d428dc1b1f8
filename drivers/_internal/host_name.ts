const LOOKUP_TIMEOUT_MS = 5_000;
// An absolute path, since $PATH may be missing.
const GETENT = "/usr/bin/getent";

/**
 * This host's fully qualified name by the rule of Python's `socket.getfqdn()`: of the names of the
 * host's own address, the first with a dot, or else the first.
 *
 * It asks the C library through `getent`, so that files, DNS and other configured sources give the
 * same answer as to other programs. Without an answer it is the plain host name.
 */
export async function hostName(): Promise<string> {
  const plain = Deno.hostname();
  const address = (await getent("--no-addrconfig", "ahosts", plain)).split(/\s+/)[0];
  if (!address) return plain;
  const names = (await getent("hosts", address)).split("\n")[0]?.trim().split(/\s+/).slice(1) ?? [];
  return names.find((name) => name.includes(".")) ?? names[0] ?? plain;
}

/** The addresses of this host and of others, as the system knows them. */
export const hostAddresses = {
  /** The addresses of a host; none where the system knows none. */
  async resolve(name: string): Promise<readonly string[]> {
    const lines = (await getent("ahosts", name)).split("\n");
    return [...new Set(lines.map((line) => line.split(/\s+/)[0] ?? ""))].filter((ip) => ip !== "");
  },
  /** Whether an address is one of this host. */
  isOwn(address: string): boolean {
    // Only an address of the host's own can be listened on. That needs no permission to see them all.
    try {
      Deno.listen({ hostname: address, port: 0 }).close();
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.AddrNotAvailable);
    }
  },
};

/** What `getent` prints; nothing where there is no such program, or no answer. */
async function getent(...args: string[]): Promise<string> {
  try {
    const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MS);
    // Deno with restricted permissions starts no program that inherits LD_PRELOAD and similar
    // variables, and none in a directory that the account may not enter, such as root's after sudo.
    const options = { args, clearEnv: true, cwd: "/", stderr: "null", signal } as const;
    const command = new Deno.Command(GETENT, options);
    return new TextDecoder().decode((await command.output()).stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
