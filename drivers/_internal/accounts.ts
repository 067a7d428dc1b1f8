/** The user id of this process. */
export function ownUid(): number {
  return Deno.uid() ?? 0;
}

/** The name of an account, or its number if it has none. */
export function accountName(uid: number): string {
  return nameIn("/etc/passwd", uid) ?? String(uid);
}

function nameIn(file: string, id: number): string | undefined {
  try {
    const entries = Deno.readTextFileSync(file).split("\n").map((line) => line.split(":"));
    return entries.find(([, , number]) => number === String(id))?.[0];
  } catch {
    return undefined;
  }
}

/** A command that gives a file to this account, if the file belongs to another account. */
export function chownAdvice(path: string): string | undefined {
  const uid = ownerOf(path);
  if (uid === undefined || uid === ownUid()) return undefined;
  return `"${path}" belongs to ${accountName(uid)}: chown ${accountName(ownUid())} "${path}"`;
}

function ownerOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).uid ?? undefined;
  } catch {
    return undefined;
  }
}
