import { DriverError, messageOf } from "../../contract/errors.ts";
import { accountName, ownerAdvice, ownUid } from "../accounts.ts";
import { directoryOf } from "../file_path.ts";
import { trustedDirectory } from "../path_trust.ts";
import { pathOwner } from "../sockets/socket_owner.ts";
import { type LockFile, takeLock } from "./lock_file.ts";
import type { SocketAccess } from "./socket_access.ts";
import { isListening } from "./socket_listener.ts";
import { withUmask } from "./system_calls.ts";

/** Only the user may enter a user's directory, unless the socket belongs to a group. */
const OWN_DIRECTORY_MODE = 0o700;
const SHARED_DIRECTORY_MODE = 0o755;

/** Why peers that connect to a path do not reach the socket that was bound there. */
export interface PathFault {
  readonly fault: string;
  /** Whether no other process uses the path, so that it can be bound again. */
  readonly isFree: boolean;
}

/** A socket path that only this process may bind, until it is released. */
export class SocketPath {
  readonly path: string;
  #release: () => void;
  /** The identity of the lock file. */
  #lock: string | undefined;
  /**
   * The identity of the socket's file, once it is bound, and the accounts that may connect to it.
   */
  #file: string | undefined;
  #access: SocketAccess | undefined;
  /** Another process's socket at the path, and that process. */
  #other: { readonly file: string; readonly owner: string } | undefined;

  /**
   * Creates the directory, takes the lock beside the path and removes the socket of a dead process.
   * Refuses a path if another account may have created, or can replace, any of these files.
   *
   * @throws {DriverError} `ADDRESS_IN_USE` if a live service uses the path, `ADDRESS_INVALID` if
   * the path cannot be used
   */
  static async claim(path: string, { group }: SocketAccess): Promise<SocketPath> {
    makeDirectory(path, group);
    const lock = lockBeside(path);
    try {
      refuseOtherThanSocket(path);
      if (await isListening(path)) throw inUse(path);
      lock.writePid();
      removeSocket(path);
      return new SocketPath(path, lock.release);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(path: string, release: () => void) {
    this.path = path;
    this.#release = release;
    this.#lock = fileAt(`${path}.lock`);
  }

  /** Runs `bind` in such a way that no other accounts than those of `access` can ever connect. */
  bindWith(bind: () => void, access: SocketAccess): void {
    withUmask(0o177, bind);
    this.#file = fileAt(this.path);
    this.#access = access;
    if (access.group !== undefined) giveToGroup(this.path, access.group);
    Deno.chmodSync(this.path, access.mode);
  }

  /** Checks whether peers still reach the socket; undefined if they do. */
  async look(): Promise<PathFault | undefined> {
    try {
      const file = fileAt(this.path);
      if (file === undefined) return { fault: "the socket's file is gone", isFree: true };
      if (file === this.#file) return undefined;
      refuseOtherThanSocket(this.path);
      if (!(await isListening(this.path))) {
        return {
          fault: "the socket's file was replaced by one on which no process listens",
          isFree: true,
        };
      }
      // The search takes time, so it runs once per socket.
      if (this.#other?.file !== file) {
        this.#other = { file, owner: pathOwner(this.path) ?? "another process" };
      }
      return { fault: `${this.#other.owner} listens there`, isFree: false };
    } catch (error) {
      return { fault: messageOf(error), isFree: false };
    }
  }

  /**
   * Binds a path again that {@linkcode look} found free, and recreates its directory and its lock
   * if they are gone, too.
   *
   * @throws {DriverError} `ADDRESS_IN_USE` if another service has the lock, `ADDRESS_INVALID`
   */
  reclaim(bind: () => void): void {
    const { path } = this;
    if (this.#access === undefined) return;
    if (this.#lock === undefined || fileAt(`${path}.lock`) !== this.#lock) {
      makeDirectory(path, this.#access.group);
      const lock = lockBeside(path);
      this.#release();
      this.#release = lock.release;
      lock.writePid();
      this.#lock = fileAt(`${path}.lock`);
    }
    refuseOtherThanSocket(path);
    removeSocket(path);
    this.bindWith(bind, this.#access);
  }

  /**
   * Removes the socket, so that no other peer can connect. Existing connections stay, and the path stays
   * claimed.
   */
  hide(): void {
    // A service of the original takes no lock and replaces our socket by its own: that one is kept.
    if (fileAt(this.path) === this.#file) removeQuietly(this.path);
  }

  /** Removes the socket and releases the path. */
  release(): void {
    this.hide();
    this.#release();
  }
}

/** Identifies the file at a path, even if its inode is reused later; undefined without a file. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino, birthtime } = Deno.lstatSync(path);
    return `${dev}:${ino}:${birthtime?.getTime()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

// A service leaves a socket behind. Any other file at the path must not be removed.
function refuseOtherThanSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const message =
    `Cannot use the socket path "${path}": another kind of file is there, wanted a socket`;
  throw new DriverError("ADDRESS_INVALID", message);
}

function makeDirectory(path: string, group: SocketAccess["group"]): void {
  const isUsers = ownUid() !== 0 && group === undefined;
  const mode = isUsers ? OWN_DIRECTORY_MODE : SHARED_DIRECTORY_MODE;
  const directory = directoryOf(path);
  refusing(path, () => {
    trustedDirectory(directory);
    Deno.mkdirSync(directory, { recursive: true, mode });
  });
}

function lockBeside(path: string): LockFile {
  const lock = refusing(path, () => {
    const directory = trustedDirectory(directoryOf(path));
    if (directory === undefined) throw new Error("the directory is gone again");
    return takeLock(`${path}.lock`, directory);
  });
  if (lock === undefined) throw inUse(path);
  return lock;
}

/** Adds the path to the message of a failure. */
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

function giveToGroup(path: string, { name, id }: NonNullable<SocketAccess["group"]>): void {
  try {
    Deno.chownSync(path, null, id);
  } catch (error) {
    const todo = `make ${accountName(ownUid())} a member of the group`;
    const message = `Cannot give the socket to the group "${name}": ${messageOf(error)}: ${todo}`;
    throw new DriverError("ADDRESS_INVALID", message, { cause: error });
  }
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
      throw new Error(ownerAdvice(path) ?? messageOf(error), { cause: error });
    }
  });
}
