import { DriverError, messageOf } from "../../contract/errors.ts";
import { chownAdvice, ownUid } from "../accounts.ts";
import { directoryOf } from "../file_path.ts";
import { trustedDirectory } from "../path_trust.ts";
import { type KernelSockets, MAX_SOCKET_PATH_BYTES } from "./kernel_sockets.ts";
import { type LockFile, takeLock } from "./lock_file.ts";

/** A user's directory is the user's alone, unless the socket is for a group. */
const OWN_DIRECTORY_MODE = 0o700;
const SHARED_DIRECTORY_MODE = 0o755;

/** Who may connect to the socket. */
export interface SocketAccess {
  readonly mode: number;
  /** Name or number of the owning group; empty leaves it alone. */
  readonly group: string;
}

/** A socket path that this process alone may bind, until it is released. */
export class SocketPath {
  readonly path: string;
  readonly #release: () => void;
  readonly #sockets: KernelSockets;
  /** The inode of the socket, once it is bound. */
  #inode: number | null | undefined;

  /**
   * Creates the directory, takes the lock beside the path and clears away a dead owner's socket.
   * Refuses a path where another account may have put, or may replace, any of them.
   *
   * @throws {DriverError} `ADDRESS_IN_USE` when a live service has the path, `ADDRESS_INVALID`
   * when it cannot be used
   */
  static async claim(
    path: string,
    { group }: SocketAccess,
    sockets: KernelSockets,
  ): Promise<SocketPath> {
    checkLength(path);
    makeDirectory(path, group);
    const lock = lockBeside(path, sockets);
    try {
      refuseOtherThanSocket(path);
      if (await isListening(path, sockets)) throw inUse(path);
      lock.writePid();
      removeSocket(path);
      return new SocketPath(path, lock.release, sockets);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(path: string, release: () => void, sockets: KernelSockets) {
    this.path = path;
    this.#release = release;
    this.#sockets = sockets;
  }

  /** Runs `bind` so that the socket is never open to more accounts than `access` names. */
  bindWith(bind: () => void, access: SocketAccess): void {
    // By libc: Deno asks for permission to see all of the system's facts.
    const umask = this.#sockets.umask(0o177);
    try {
      bind();
    } finally {
      this.#sockets.umask(umask);
    }
    this.#inode = Deno.lstatSync(this.path).ino;
    if (access.group !== "") Deno.chownSync(this.path, null, groupId(access.group));
    Deno.chmodSync(this.path, access.mode);
  }

  /** Has nobody else connect; those who have are not touched, and the path stays claimed. */
  hide(): void {
    // The original takes no lock and puts its own socket in the place of ours: that one stays.
    if (inodeAt(this.path) === this.#inode) removeQuietly(this.path);
  }

  /** Removes the socket and gives the path back. */
  release(): void {
    this.hide();
    this.#release();
  }
}

function inodeAt(path: string): number | null | undefined {
  try {
    return Deno.lstatSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function checkLength(path: string): void {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes >= 1 && bytes <= MAX_SOCKET_PATH_BYTES) return;
  const is = `${bytes} octets, wanted 1 to ${MAX_SOCKET_PATH_BYTES}`;
  throw new DriverError("ADDRESS_INVALID", `Cannot use the socket path "${path}": ${is}`);
}

// What is no socket was not left behind by a service, so it is not ours to clear away.
function refuseOtherThanSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const message = `Cannot use the socket path "${path}": something else is there, wanted a socket`;
  throw new DriverError("ADDRESS_INVALID", message);
}

function makeDirectory(path: string, group: string): void {
  const isUsers = ownUid() !== 0 && group === "";
  const mode = isUsers ? OWN_DIRECTORY_MODE : SHARED_DIRECTORY_MODE;
  const directory = directoryOf(path);
  refusing(path, () => {
    trustedDirectory(directory);
    Deno.mkdirSync(directory, { recursive: true, mode });
  });
}

function lockBeside(path: string, sockets: KernelSockets): LockFile {
  const lock = refusing(path, () => {
    const directory = trustedDirectory(directoryOf(path));
    if (directory === undefined) throw new Error("the directory is gone again");
    return takeLock(`${path}.lock`, directory, sockets);
  });
  if (lock === undefined) throw inUse(path);
  return lock;
}

/** Has a failure say which path cannot be used. */
function refusing<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const message = `Cannot use the socket path "${path}": ${messageOf(error)}`;
    throw new DriverError("ADDRESS_INVALID", message, { cause: error });
  }
}

function inUse(path: string): DriverError {
  return new DriverError(
    "ADDRESS_IN_USE",
    `Another publisher service${
      ownerOf(path)
    } listens at "${path}": stop it, or choose another path`,
  );
}

function ownerOf(path: string): string {
  try {
    const pid = Deno.readTextFileSync(`${path}.lock`).trim();
    return pid === "" ? "" : ` (process ${pid})`;
  } catch {
    return "";
  }
}

// The original takes no lock: only a connection tells whether one of its services is there.
async function isListening(path: string, sockets: KernelSockets): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    // A socket of another account, such as root's: the kernel's list of listeners tells.
    if (error instanceof Deno.errors.PermissionDenied) {
      return isListedAsListening(path, sockets);
    }
    const message = `Cannot use the socket path "${path}": ${messageOf(error)}`;
    throw new DriverError("ADDRESS_INVALID", message, { cause: error });
  }
}

// Number, references, protocol, flags (which say "listens"), type, state, inode, path.
const LISTENER = /^\S+ \S+ \S+ 00010000 \S+ \S+ +\d+ (.+)$/;

function isListedAsListening(path: string, sockets: KernelSockets): boolean {
  const wanted = realPath(path);
  // Not /proc/net: a service manager may hide all of /proc but the processes.
  const lines = sockets.list("/proc/self/net/unix")?.split("\n") ?? [];
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

function groupId(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = Deno.readTextFileSync("/etc/group").split("\n").find((entry) =>
    entry.startsWith(`${group}:`)
  );
  const id = line?.split(":")[2];
  if (id !== undefined) return Number(id);
  throw new DriverError("ADDRESS_INVALID", `Group "${group}": not in /etc/group`);
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function removeSocket(path: string): void {
  refusing(path, () => {
    try {
      removeQuietly(path);
    } catch (error) {
      throw new Error(chownAdvice(path) ?? messageOf(error), { cause: error });
    }
  });
}
