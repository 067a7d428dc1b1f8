import { DbUnavailable, messageOf } from "../../contract/errors.ts";
import { ownerAdvice, ownUid } from "../accounts.ts";
import { directoryOf, infoOf } from "../file_path.ts";
import { cString, openLibc } from "../libc.ts";
import { requireTrustedOwner, type TrustedDirectory, trustedDirectory } from "../path_trust.ts";

/** The database file and the files that SQLite keeps next to it. */
const SUFFIXES = ["", "-wal", "-shm", "-journal"] as const;

const MAY_WRITE = 2; // W_OK

/**
 * Checks that only root, this account, and accounts that the directory's owner admits can have
 * created the database file. The directory's group may write to it.
 *
 * @throws {DbUnavailable} the reason, and what to do
 */
export function requireTrustedDatabase(path: string): void {
  try {
    const directory = directoryTrust(path);
    if (directory === undefined) return;
    for (const suffix of SUFFIXES) checkFile(path + suffix, directory);
  } catch (error) {
    throw new DbUnavailable(`Database "${path}": ${messageOf(error)}`, { cause: error });
  }
}

function directoryTrust(path: string): TrustedDirectory | undefined {
  return trustedDirectory(directoryOf(path), { groupMayWrite: true });
}

function checkFile(path: string, directory: TrustedDirectory): void {
  const info = infoOf(path);
  if (info === undefined) return;
  requireTrustedOwner(path, info.uid ?? 0, directory);
  if (info.isSymlink) throw new Error(`"${path}" is a symlink, wanted the file itself`);
}

/**
 * Gives a file that root has created to the owner of its directory: a service with that account
 * must be able to use it.
 */
export function giveToDirectoryOwner(path: string): void {
  const directory = directoryTrust(path);
  if (ownUid() !== 0 || directory === undefined || directory.uid === 0) return;
  using libc = openLibc({ lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" } });
  libc.symbols.lchown(cString(path), directory.uid, directory.gid);
}

/** The file that this account may not write because another account owns it, and what to do. */
export function ownershipAdvice(path: string): string | undefined {
  const files = SUFFIXES.map((suffix) => path + suffix).filter((file) =>
    infoOf(file) !== undefined
  );
  const denied = files.find((file) => !isWritable(file));
  if (denied !== undefined) return ownerAdvice(denied);
  return files.includes(path) ? undefined : ownerAdvice(directoryOf(path));
}

// Not by opening it: closing a file releases the locks that SQLite has on it in this process.
function isWritable(path: string): boolean {
  using libc = openLibc({ access: { parameters: ["buffer", "i32"], result: "i32" } });
  return libc.symbols.access(cString(path), MAY_WRITE) === 0;
}
