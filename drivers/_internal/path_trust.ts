import { infoOf, normalPath } from "./file_path.ts";
import { accountName, ownUid } from "./accounts.ts";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;
const MAX_SYMLINKS = 40;

/** A directory in which no untrusted account can replace files. */
export interface TrustedDirectory {
  /** Its owner. */
  readonly uid: number;
  /** Its group. */
  readonly gid: number;
  /**
   * Whether other accounts may create files there, as in /tmp: then the owner of each file matters.
   */
  readonly isShared: boolean;
}

/**
 * Checks that no other account of this host can have created a directory at this path, or can
 * replace its files. Any account may own it, unless others can create directories beside it: then
 * only root or this account. The same rule applies to symlinks on the path.
 *
 * @param options.groupMayWrite whether the directory's group is trusted like its owner
 * @returns undefined if the directory does not exist or cannot be examined
 * @throws {Error} the reason, and what to do
 */
export function trustedDirectory(
  directory: string,
  { groupMayWrite = false }: { readonly groupMayWrite?: boolean } = {},
): TrustedDirectory | undefined {
  const found = follow(normalPath(directory));
  if (found === undefined) return undefined;
  const { path, info } = found;
  const open = groupMayWrite ? OTHERS_WRITE : OTHERS_WRITE | GROUP_WRITES;
  refuseReplaceable(path, info, open);
  return { uid: info.uid ?? 0, gid: info.gid ?? 0, isShared: has(info, open) };
}

/**
 * Checks that a file in a trusted directory belongs to root, this account, or the directory's
 * owner.
 *
 * @throws {Error} the reason
 */
export function requireTrustedOwner(path: string, uid: number, directory: TrustedDirectory): void {
  if (isOurs(uid) || !directory.isShared) return;
  throw planted(path, uid);
}

interface Found {
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** Follows a path from the root, through symlinks, and checks each step. */
function follow(path: string): Found | undefined {
  let names = namesOf(path);
  let at: Found = { path: "/", info: Deno.lstatSync("/") };
  for (let links = 0; names.length > 0;) {
    const [name = "", ...rest] = names;
    const next = step(at, name);
    if (next === undefined) return undefined;
    names = rest;
    if (!next.info.isSymlink) at = next;
    else {
      if (++links > MAX_SYMLINKS) {
        throw new Error(`"${path}" has more than ${MAX_SYMLINKS} symlinks`);
      }
      names = [...namesOf(normalPath(Deno.readLinkSync(next.path), at.path)), ...rest];
      at = { path: "/", info: Deno.lstatSync("/") };
    }
  }
  return at;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function step(from: Found, name: string): Found | undefined {
  const path = normalPath(name, from.path);
  const info = infoOf(path);
  if (info === undefined) return undefined;
  refuseReplaceable(from.path, from.info, OTHERS_WRITE);
  const uid = info.uid ?? 0;
  if (has(from.info, OTHERS_WRITE) && !isOurs(uid)) throw planted(path, uid);
  return { path, info };
}

function has(info: Deno.FileInfo, bits: number): boolean {
  return ((info.mode ?? 0) & bits) !== 0;
}

/** In a sticky directory no account can replace the files of others. */
function refuseReplaceable(path: string, info: Deno.FileInfo, open: number): void {
  if (!has(info, open) || has(info, STICKY)) return;
  const mode = ((info.mode ?? 0) & 0o7777).toString(8);
  const advice = `chmod go-w "${path}", or choose another path`;
  throw new Error(`other accounts may write to the directory "${path}" (mode 0${mode}): ${advice}`);
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === ownUid();
}

function planted(path: string, uid: number): Error {
  const accounts = [...new Set([ownUid(), 0])].map(accountName).join(" or ");
  const wanted = `wanted ${accounts}, since any account can create it there`;
  return new Error(`"${path}" belongs to ${accountName(uid)}, ${wanted}; choose another path`);
}
