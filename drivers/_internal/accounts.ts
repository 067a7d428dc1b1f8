import { infoOf } from "./file_path.ts";

/** The user id of this process. */
export function ownUid(): number {
  return Deno.uid() ?? 0;
}

/** The name of an account, or its number if it has none. */
export function accountName(uid: number | null): string {
  return nameIn("/etc/passwd", uid);
}

/** The name of a group, or its number if it has none. */
export function groupName(gid: number | null): string {
  return nameIn("/etc/group", gid);
}

function nameIn(file: string, id: number | null): string {
  try {
    const entries = Deno.readTextFileSync(file).split("\n").map((line) => line.split(":"));
    return entries.find(([, , number]) => number === String(id))?.[0] ?? String(id);
  } catch {
    return String(id);
  }
}

/** A command that gives a file to this account, if the file belongs to another account. */
export function chownAdvice(path: string): string | undefined {
  const uid = infoOf(path)?.uid ?? ownUid();
  if (uid === ownUid()) return undefined;
  return `"${path}" belongs to ${accountName(uid)}: chown ${accountName(ownUid())} "${path}"`;
}
