import { accountName, groupName } from "./accounts.ts";
import { cString, openLibc } from "./libc.ts";

const ACCESS = { access: { parameters: ["buffer", "i32"], result: "i32" } } as const;
const EXECUTE = 1; // X_OK: for a directory, to enter it
const WRITE = 2; // W_OK: for a socket, to connect to it

/** A file or directory that this process may not use. */
interface DeniedPlace {
  readonly path: string;
  readonly uid: number | null;
  readonly gid: number | null;
  /** Whether its group may use it. */
  readonly isForGroup: boolean;
}

/**
 * Why this process may not connect to the socket at an absolute path, and what to do. Undefined if
 * it may connect, or if nothing is there. Makes no connection.
 */
export function socketPermissionFault(path: string): string | undefined {
  const denied = deniedDirectory(path) ?? deniedAt(path, WRITE);
  return denied && `permission denied on "${denied.path}": ${socketAdvice(denied)}`;
}

function socketAdvice({ uid, gid, isForGroup }: DeniedPlace): string {
  if (!isForGroup) {
    return `only user ${accountName(uid ?? 0)} may use it: change its mode, or run as that user`;
  }
  return gid
    ? `join the group ${groupName(gid)}`
    : "set [df_zmq] ipc_socket_group of the service to a group of this user";
}

/**
 * Why this process may not enter a directory above an absolute path, and the group to join.
 * Undefined if it may enter all of them, or if no group can help.
 */
export function groupDirectoryFault(path: string): string | undefined {
  const { isForGroup, gid, path: place } = deniedDirectory(path) ?? {};
  if (!isForGroup || !gid) return undefined;
  return `permission denied on "${place}": join the group ${groupName(gid)}`;
}

function deniedDirectory(path: string): DeniedPlace | undefined {
  for (const directory of directoriesAbove(path)) {
    const denied = deniedAt(directory, EXECUTE);
    if (denied !== undefined) return denied;
  }
  return undefined;
}

/** `/a/b/c` is in `/`, `/a` and `/a/b`. */
function directoriesAbove(path: string): string[] {
  const names = path.split("/").slice(1, -1).filter((name) => name !== "");
  return ["/", ...names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`)];
}

function deniedAt(path: string, bit: number): DeniedPlace | undefined {
  using libc = openLibc(ACCESS);
  if (libc.symbols.access(cString(path), bit) === 0) return undefined;
  const info = targetInfo(path);
  if (info === undefined) return undefined;
  const { mode, uid, gid } = info;
  return { path, uid, gid, isForGroup: ((mode ?? 0) >> 3 & bit) !== 0 };
}

/** Follows symlinks. */
function targetInfo(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
