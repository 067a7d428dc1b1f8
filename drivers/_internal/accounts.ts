import { directoryOf, infoOf } from "./file_path.ts";

/** The user id of this process. */
export function ownUid(): number {
  return Deno.uid() ?? 0;
}

/** The name of an account, or its number if it has none. */
export function accountName(uid: number): string {
  return nameIn("/etc/passwd", uid) ?? String(uid);
}

/** The name of a group, or its number if it has none. */
export function groupName(gid: number): string {
  return nameIn("/etc/group", gid) ?? String(gid);
}

function nameIn(file: string, id: number): string | undefined {
  try {
    const entries = Deno.readTextFileSync(file).split("\n").map((line) => line.split(":"));
    return entries.find(([, , number]) => number === String(id))?.[0];
  } catch {
    return undefined;
  }
}

/**
 * What to do about a file or directory of another account: the account to run as, the command that
 * gives a file to the account that should own it, or the wanted owner of a directory.
 */
export function ownerAdvice(path: string): string | undefined {
  const info = infoOf(path);
  const uid = info?.uid ?? ownUid();
  if (uid === ownUid()) return undefined;
  const owner = accountName(uid);
  const wanted = wantedOwner(path, uid);
  if (wanted === uid) return `"${path}" belongs to ${owner}: run as ${owner}`;
  const account = accountName(wanted);
  // No chown of a directory: it may be a directory of the system, which must stay root's.
  return info?.isDirectory
    ? `"${path}" belongs to ${owner}, wanted a directory of ${account}`
    : `"${path}" belongs to ${owner}: chown ${account} "${path}"`;
}

/**
 * The owner of the directory that contains the path, or else the owner of the path, or else this
 * account. Root does not count: it owns system directories, and leaves files in those of services.
 */
function wantedOwner(path: string, uid: number): number {
  return infoOf(directoryOf(path))?.uid || uid || ownUid();
}
