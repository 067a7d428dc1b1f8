import { DriverError, messageOf } from "../../contract/errors.ts";
import { kernelText } from "../libc.ts";

/**
 * Whether a process listens on the socket at a path. The original takes no lock, so only a
 * connection reveals its services.
 *
 * @throws {DriverError} `ADDRESS_INVALID` if that cannot be determined
 */
export async function isListening(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    // For a socket of another account, such as root's, the kernel's list of listeners has the
    // answer.
    if (error instanceof Deno.errors.PermissionDenied) return isListedAsListening(path);
    const message = `Cannot use the socket path "${path}": ${messageOf(error)}`;
    throw new DriverError("ADDRESS_INVALID", message, { cause: error });
  }
}

// Number, references, protocol, flags (with the one for listening), type, state, inode, path.
const LISTENER = /^\S+ \S+ \S+ 00010000 \S+ \S+ +\d+ (.+)$/;

function isListedAsListening(path: string): boolean {
  const wanted = realPath(path);
  // Not /proc/net: a service manager may hide everything in /proc except processes.
  const lines = kernelText("/proc/self/net/unix")?.split("\n") ?? [];
  return lines.some((line) => {
    const bound = LISTENER.exec(line)?.[1];
    return bound !== undefined && realPath(bound) === wanted;
  });
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    return undefined;
  }
}
