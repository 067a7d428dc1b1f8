import { invalidOption } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import { ipcSocketGroup, ipcSocketMode } from "./options.ts";

/** The accounts that may connect to a socket. */
export interface SocketAccess {
  readonly mode: number;
  /** The owning group, as configured, and its number; undefined leaves the group unchanged. */
  readonly group: { readonly name: string; readonly id: number } | undefined;
}

/** The configured access. @throws {DriverError} `CONFIG_INVALID` for an unknown group */
export function readSocketAccess(settings: Settings): SocketAccess {
  const name = settings.get(ipcSocketGroup);
  const group = name === "" ? undefined : { name, id: groupId(name, settings) };
  return { mode: settings.get(ipcSocketMode), group };
}

function groupId(name: string, settings: Settings): number {
  if (/^\d+$/.test(name)) return Number(name);
  const line = Deno.readTextFileSync("/etc/group").split("\n").find((entry) =>
    entry.startsWith(`${name}:`)
  );
  const id = line?.split(":")[2];
  if (id !== undefined) return Number(id);
  const wanted = "wanted a group in /etc/group, or the number of a group";
  throw invalidOption(settings, ipcSocketGroup, `"${name}", ${wanted}`);
}
