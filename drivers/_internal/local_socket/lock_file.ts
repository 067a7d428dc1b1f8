import { accountName, ownerAdvice, ownUid } from "../accounts.ts";
import { closeDescriptor, openLock, tryLock } from "../file_lock.ts";
import { directoryOf, infoOf } from "../file_path.ts";
import { kernelText } from "../libc.ts";
import { requireTrustedOwner, type TrustedDirectory } from "../path_trust.ts";
import { giveTo, writeText } from "./system_calls.ts";

/** Longer than any process id, so that each id overwrites the previous one. */
const PID_WIDTH = 11;

/** A lock that this process holds. The kernel releases it when the process ends. */
export interface LockFile {
  /** Writes the id of this process into the file. */
  writePid(): void;
  release(): void;
}

/**
 * Locks a file, and creates it if necessary.
 *
 * A lock file that another account left in a directory of this account is replaced, unless a
 * process holds its lock. Symlinks are not followed, and nothing is written to a file of another
 * account.
 *
 * @returns undefined if another process holds the lock
 * @throws {Error} the reason, and what to do
 */
export function takeLock(path: string, directory: TrustedDirectory): LockFile | undefined {
  const fd = openLock(path) ?? openAfterRemoval(path, directory);
  if (fd === undefined) return undefined;
  try {
    refuseForeign(path, directory);
    if (!tryLock(fd)) {
      closeDescriptor(fd);
      return undefined;
    }
    // As root in the directory of a service's account: that account must be able to start the next
    // service.
    if (ownUid() === 0) giveTo(fd, directory.uid);
    const writePid = () => writeText(fd, `${String(Deno.pid).padEnd(PID_WIDTH)}\n`);
    return { writePid, release: () => closeDescriptor(fd) };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function openAfterRemoval(path: string, directory: TrustedDirectory): number | undefined {
  const info = infoOf(path);
  if (info?.isFile && isHeld(info)) return undefined;
  if (info?.isFile && directory.uid === ownUid()) {
    Deno.removeSync(path);
    const fd = openLock(path);
    if (fd !== undefined) return fd;
  }
  throw new Error(whyNotOpened(path, info));
}

function whyNotOpened(path: string, info: Deno.FileInfo | undefined): string {
  if (info?.isSymlink) return `"${path}" is a symlink, wanted a lock file: remove it`;
  if (info !== undefined && !info.isFile) return `"${path}" is not a file: remove it`;
  const advice = ownerAdvice(info === undefined ? directoryOf(path) : path);
  return advice ?? `cannot create or open "${path}"`;
}

function refuseForeign(path: string, directory: TrustedDirectory): void {
  const info = Deno.lstatSync(path);
  const uid = info.uid ?? 0;
  requireTrustedOwner(path, uid, directory);
  if (info.isFile && info.nlink === 1) return;
  const what = info.isFile ? "a file that also has another name" : "not a file";
  throw new Error(
    `"${path}" is ${what}, wanted a lock file of ${accountName(ownUid())}: remove it`,
  );
}

/** Whether the kernel lists a lock on the file; false if it provides no list. */
function isHeld({ ino }: Deno.FileInfo): boolean {
  return new RegExp(`:${ino} `).test(kernelText("/proc/locks") ?? "");
}
