import { cString, kernelText, type Libc, openLibc, textAt } from "../libc.ts";

// Uses libc: Deno reads /proc only for a program with all permissions.
const SYMBOLS = {
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  closedir: { parameters: ["pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type Symbols = Libc<typeof SYMBOLS>["symbols"];

const NAME_AT = 19; // of d_name in a `struct dirent` of 64-bit Linux
const TCP_LISTENING = "0A";
const ACCEPTING = "00010000"; // __SO_ACCEPTCON among the flags of /proc/net/unix
const MAX_SEARCH_MS = 1_000;

/**
 * The process that listens on a TCP port, as `nginx (process 123)`. Undefined if the kernel does
 * not reveal it: only root sees the sockets of other users. Never throws.
 */
export function portOwner(port: number): string | undefined {
  return ownerOf(() =>
    ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => tcpAt(port, rowsOf(table)))
  );
}

/**
 * The process, other than this one, that listens on a unix socket bound by this path. Undefined if
 * the kernel does not reveal it. Never throws.
 */
export function pathOwner(path: string): string | undefined {
  return ownerOf(() => unixAt(path, rowsOf("/proc/net/unix")), Deno.pid);
}

/** Suffix for an error about a port in use: ` by nginx (process 123)`, or empty. */
export function byPortOwner(port: number | undefined): string {
  const owner = port === undefined || port === 0 ? undefined : portOwner(port);
  return owner === undefined ? "" : ` by ${owner}`;
}

/** The listening TCP sockets on a port, in the format of descriptor links: `socket:[123]`. */
function tcpAt(port: number, rows: readonly string[][]): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return rows
    .filter(([, local, , state]) => local?.endsWith(end) && state === TCP_LISTENING)
    .map((columns) => `socket:[${columns[9]}]`);
}

function unixAt(path: string, rows: readonly string[][]): string[] {
  return rows
    .filter(([, , , flags, , , , ...name]) => flags === ACCEPTING && name.join(" ") === path)
    .map((columns) => `socket:[${columns[6]}]`);
}

function rowsOf(table: string): string[][] {
  return (kernelText(table) ?? "").split("\n").map((line) => line.trim().split(/\s+/));
}

function ownerOf(
  socketsIn: () => string[],
  exceptPid?: number,
): string | undefined {
  try {
    const sockets = new Set(socketsIn());
    using libc = openLibc(SYMBOLS);
    return sockets.size === 0 ? undefined : search(libc.symbols, sockets, exceptPid);
  } catch {
    return undefined;
  }
}

function search(
  symbols: Symbols,
  sockets: ReadonlySet<string>,
  exceptPid: number | undefined,
): string | undefined {
  const deadline = performance.now() + MAX_SEARCH_MS;
  for (const pid of namesIn(symbols, "/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === exceptPid) continue;
    if (performance.now() > deadline) return undefined;
    const directory = `/proc/${pid}/fd`;
    const isOwner = namesIn(symbols, directory)
      .some((fd) => sockets.has(linkAt(symbols, `${directory}/${fd}`)));
    if (!isOwner) continue;
    if (Number(pid) === Deno.pid) return "this process itself";
    return `${kernelText(`/proc/${pid}/comm`)?.trim()} (process ${pid})`;
  }
  return undefined;
}

function linkAt({ readlink }: Symbols, path: string): string {
  const target = new Uint8Array(256);
  const bytes = Number(readlink(cString(path), target, BigInt(target.length)));
  return new TextDecoder().decode(target.subarray(0, Math.max(0, bytes)));
}

function namesIn({ opendir, readdir, closedir }: Symbols, path: string): string[] {
  const directory = opendir(cString(path));
  if (directory === null) return [];
  const names: string[] = [];
  for (let entry; (entry = readdir(directory)) !== null;) {
    names.push(textAt(entry, NAME_AT));
  }
  closedir(directory);
  return names;
}
