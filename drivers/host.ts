import { ownUid } from "./_internal/accounts.ts";
import { directoryOf } from "./_internal/file_path.ts";
import type { NotifySocket } from "./_internal/notify_socket.ts";
import { requireRegularFile } from "./_internal/option_file.ts";
import type { HostFacts } from "./contract/option.ts";

/** The account of the program, on which defaults of options depend. */
export function hostFacts(): HostFacts {
  const home = (Deno.env.get("HOME") ?? "").replace(/\/+$/, "");
  return { isRoot: ownUid() === 0, home, runtimeDirectory: runtimeDirectory(home) };
}

/**
 * A directory that belongs to this account. Never one below /tmp, where others could create it
 * first.
 */
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

/** The access to files for reading a configuration. */
export interface HostFiles {
  /**
   * The content of a file. Reads at most `maxBytes`, since a file may be endless (default: 16 MiB).
   *
   * @throws {RangeError} if it is longer
   * @throws {TypeError} for a FIFO, which may never have a writer
   */
  readFile(path: string, maxBytes?: number): Promise<Uint8Array>;
  /** The text of a file, or of a FIFO. @throws {TypeError} if it is not UTF-8 */
  readTextFile(path: string, maxBytes?: number): Promise<string>;
  /** Whether anything exists at the path, even a dangling link. Rejects if that is unknown. */
  exists(path: string): Promise<boolean>;
  /** The names of the files in a directory. */
  listDirectory(path: string): Promise<string[]>;
  /** Refuses what cannot be read again and again, as a pipe. @throws {TypeError} */
  requireRegularFile(path: string): Promise<void>;
}

/** The file system, for reading a configuration. */
export const hostFiles: HostFiles = {
  readFile,
  readTextFile,
  exists,
  async listDirectory(path) {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name);
  },
  requireRegularFile,
};

/**
 * Replaces a file as a whole, so that no reader gets a part of it. The file keeps its owner, group
 * and mode, if this account may set them. Only this account can read a new file or a new directory.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const directory = directoryOf(path);
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = await Deno.makeTempFile({ dir: directory, prefix: ".draft-" });
  try {
    await Deno.writeTextFile(draft, text);
    await copyAccess(path, draft);
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}

/** Copies owner, group and mode to a file, if `from` exists and this account may set them. */
async function copyAccess(from: string, to: string): Promise<void> {
  try {
    const { isFile, uid, gid, mode } = await Deno.lstat(from);
    if (!isFile || mode === null) return;
    await Deno.chown(to, uid, gid);
    await Deno.chmod(to, mode & 0o777);
  } catch {
    // Then only this account can read the file.
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

// Deno's own function replaces bytes that are not UTF-8.
async function readTextFile(path: string, maxBytes?: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const bytes = await readBytes(path, maxBytes);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new TypeError("not UTF-8, wanted a text file", { cause });
  }
}

async function readFile(path: string, maxBytes?: number): Promise<Uint8Array> {
  const { isFifo } = await Deno.stat(path);
  // A FIFO of the shell, as in `<(command)`, has a writer.
  if (isFifo && !path.startsWith("/dev/")) throw new TypeError("is a FIFO, wanted a file");
  return await readBytes(path, maxBytes);
}

async function readBytes(path: string, maxBytes = MAX_FILE_BYTES): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const read = await file.read(chunk);
    if (read === null) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    size += read;
    if (size > maxBytes) throw new RangeError(`longer than ${maxBytes} bytes`);
    chunks.push(chunk.subarray(0, read));
  }
}

/**
 * Opens the socket of the service manager that started this process.
 *
 * @param address the value of the variable `NOTIFY_SOCKET`
 * @throws {DriverError} `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
 */
export async function connectServiceManager(address: string): Promise<NotifySocket> {
  // Loaded only with a service manager, since it calls C.
  return (await import("./_internal/notify_socket.ts")).openNotifySocket(address);
}

export { countDescriptors } from "./_internal/sockets/descriptors.ts";
export { hostAddresses, hostName } from "./_internal/host_name.ts";
export { freeBytes } from "./_internal/free_bytes.ts";
export { returnFreeMemory } from "./_internal/free_memory.ts";
export { dropExecutablePages } from "./_internal/executable_pages.ts";
export { privateMemory } from "./_internal/private_memory.ts";
export { fileIdentity } from "./_internal/file_identity.ts";
export { byPortOwner } from "./_internal/sockets/socket_owner.ts";
export { processorSeconds } from "./_internal/processor_time.ts";
export { isSignalIgnored } from "./_internal/signals.ts";
export {
  openUnblocked,
  takesMore,
  waitForRoom,
  writeInParts,
} from "./_internal/unblocked_output.ts";
