import { DbUnavailable } from "../../contract/errors.ts";
import { directoryOf } from "../file_path.ts";
import { giveToDirectoryOwner } from "./ownership.ts";

const DIRECTORY_MODE = 0o750;
const FILE_MODE = 0o640;

/** Which files lie at a database's path just now, each as `device:inode`; undefined for none. */
export interface DatabaseFiles {
  readonly main: string | undefined;
  readonly wal: string | undefined;
  /** The owner, group and permission bits of the main file; undefined for none. */
  readonly access: string | undefined;
}

/** Two stat calls, some 5 µs: cheap enough before every operation. */
export function filesAt(path: string): DatabaseFiles {
  const main = statOf(path);
  return {
    main: identityOf(main),
    wal: identityOf(statOf(`${path}-wal`)),
    access: main && `${main.uid}:${main.gid}:${main.mode}`,
  };
}

function identityOf(info: Deno.FileInfo | undefined): string | undefined {
  return info && `${info.dev}:${info.ino}`;
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}

/**
 * Makes an empty database file, mode 0640, where there is none, and its directory, mode 0750,
 * whatever the umask; SQLite gives its -wal and -shm files the mode of the file. True when made.
 *
 * What a deleted database left behind is removed first: SQLite would take it for the new one's.
 * That must not hit the files of a process that made the database a moment earlier, so the whole
 * step happens under a lock on the directory, which ends with the process.
 */
export function ensureFile(path: string): boolean {
  if (fileExists(path)) return false;
  const directory = directoryOf(path);
  makeDirectory(directory);
  using lock = Deno.openSync(directory);
  lock.lockSync(true);
  if (fileExists(path)) return false;
  removeLeftovers(path);
  Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
  Deno.chmodSync(path, FILE_MODE);
  giveToDirectoryOwner(path);
  return true;
}

/** Whether the database's file is there. @throws {DbUnavailable} when it is something else */
export function fileExists(path: string): boolean {
  const info = statOf(path);
  if (info === undefined || info.isFile) return info !== undefined;
  const what = info.isDirectory ? "a directory" : "neither a file nor a directory";
  throw new DbUnavailable(`Database "${path}": is ${what}, wanted a file`);
}

function makeDirectory(directory: string): void {
  if (statOf(directory) !== undefined) return;
  Deno.mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  Deno.chmodSync(directory, DIRECTORY_MODE);
}

/**
 * Removes the -wal and -shm of a database whose file was replaced by another, if they are still
 * those that belonged to it: SQLite would lay the old changes over the new file.
 */
export function removeStaleWal(path: string, stale: DatabaseFiles): void {
  using lock = Deno.openSync(directoryOf(path));
  lock.lockSync(true);
  const now = filesAt(path);
  if (now.wal !== undefined && now.wal === stale.wal && now.main !== stale.main) {
    removeLeftovers(path);
  }
}

function removeLeftovers(path: string): void {
  for (const suffix of ["-wal", "-shm", "-journal"]) {
    if (statOf(path + suffix) !== undefined) Deno.removeSync(path + suffix);
  }
}
