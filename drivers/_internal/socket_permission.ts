import { accountName, groupName } from "./accounts.ts";
import { cString, openLibc } from "./libc.ts";

const ACCESS = { access: { parameters: ["buffer", "i32"], result: "i32" } } as const;
const EXECUTE = 1; // X_OK: for a directory, to enter it
const WRITE = 2; // W_OK: for a socket, to connect to it

/**
 * Why this process may not connect to the socket at an absolute path, and what to do. Undefined if
 * it may, or if nothing is there. It does not connect.
 */
export function socketPermissionFault(path: string): string | undefined {
  using libc = openLibc(ACCESS);
  const may = (place: string, what: number) => libc.symbols.access(cString(place), what) === 0;
  for (const directory of directoriesAbove(path)) {
    const info = infoOf(directory);
    if (info === undefined) return undefined;
    if (!may(directory, EXECUTE)) return denied(directory, info, EXECUTE);
  }
  const info = infoOf(path);
  return info === undefined || may(path, WRITE) ? undefined : denied(path, info, WRITE);
}

/** `/a/b/c` is in `/`, `/a` and `/a/b`. */
function directoriesAbove(path: string): string[] {
  const names = path.split("/").slice(1, -1).filter((name) => name !== "");
  return names.reduce((above, name) => [...above, `${above.at(-1)}${name}/`], ["/"]);
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function denied(place: string, { mode, gid, uid }: Deno.FileInfo, bit: number): string {
  const path = place.length > 1 ? place.replace(/\/$/, "") : place;
  const isForGroup = ((mode ?? 0) >> 3 & bit) !== 0;
  const todo = !isForGroup
    ? `only user ${accountName(uid)} may use it: change its mode, or run as that user`
    : gid === 0
    ? "set [df_zmq] ipc_socket_group of the service to a group of this user"
    : `join the group ${groupName(gid)}`;
  return `permission denied on "${path}": ${todo}`;
}
