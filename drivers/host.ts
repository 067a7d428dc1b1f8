import { ownUid } from "./_internal/accounts.ts";
import type { NotifySocket } from "./_internal/notify_socket.ts";
import type { HostFacts } from "./contract/option.ts";

/** The account the program runs under, as defaults of options depend on it. */
export function hostFacts(): HostFacts {
  const home = Deno.env.get("HOME") || "/";
  return { isRoot: ownUid() === 0, home, runtimeDirectory: runtimeDirectory(home) };
}

/** A directory of this account's own. Never one below /tmp, where others could create it first. */
function runtimeDirectory(home: string): string {
  const named = Deno.env.get("XDG_RUNTIME_DIR") ?? "";
  if (named.startsWith("/") && ownerOf(named) !== "another account") return named;
  const usual = `/run/user/${ownUid()}`;
  return ownerOf(usual) === "this account" ? usual : `${home}/.local/state`;
}

function ownerOf(path: string): "this account" | "another account" | undefined {
  try {
    return Deno.statSync(path).uid === ownUid() ? "this account" : "another account";
  } catch {
    return undefined;
  }
}

const MAX_FILE_BYTES = 16 * 2 ** 20;
const CHUNK_BYTES = 64 * 1024;

/** What reading a configuration needs of the file system. */
export interface HostFiles {
  /**
   * The text of a file. A file need not end, so no more than `maxBytes` are read, 16 MiB without.
   *
   * @throws {TypeError} when it is not UTF-8
   * @throws {RangeError} when it is longer
   */
  readTextFile(path: string, maxBytes?: number): Promise<string>;
  /** The names of the files in a directory. */
  listDirectory(path: string): Promise<string[]>;
}

/** The file system, as the configuration reads it. */
export const hostFiles: HostFiles = {
  readTextFile,
  async listDirectory(path) {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name);
  },
};

// Deno's own function puts another character in the place of what is not UTF-8.
async function readTextFile(path: string, maxBytes = MAX_FILE_BYTES): Promise<string> {
  using file = await Deno.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const chunk = new Uint8Array(CHUNK_BYTES);
  let text = "";
  let size = 0;
  for (let read; (read = await file.read(chunk)) !== null;) {
    size += read;
    if (size > maxBytes) throw new RangeError(`longer than ${maxBytes} octets`);
    text += decoder.decode(chunk.subarray(0, read), { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Opens the socket of the service manager that started this process.
 *
 * @param address the value of the variable `NOTIFY_SOCKET`
 * @throws {DriverError} `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
 */
export async function connectServiceManager(address: string): Promise<NotifySocket> {
  // Loaded only where somebody listens: it calls C.
  return (await import("./_internal/notify_socket.ts")).openNotifySocket(address);
}

export { countDescriptors } from "./_internal/descriptors.ts";
export { fileIdentity } from "./_internal/file_identity.ts";
export { byPortOwner } from "./_internal/socket_owner.ts";
export { processorSeconds } from "./_internal/processor_time.ts";
export { requireRegularFile } from "./_internal/regular_file.ts";
export { isSignalIgnored } from "./_internal/signals.ts";
export { openUnblocked } from "./_internal/unblocked_output.ts";
