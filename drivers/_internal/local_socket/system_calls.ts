import { openLibc } from "../libc.ts";

const EXCLUSIVE_OR_FAIL = 2 | 4; // LOCK_EX | LOCK_NB
const NO_FOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const OPEN_LOCK = 0o2 | 0o100 | 0o2000000 | NO_FOLLOW; // O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
const READ_LIST = 0o2000000; // O_RDONLY | O_CLOEXEC
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Of `struct ucred`, in numbers of 32 bits: process, account, group. */
const CREDENTIALS_LENGTH = 3;
const CHUNK_BYTES = 4_096;

const CLOSE = { parameters: ["i32"], result: "i32" } as const;
const OPEN = { parameters: ["buffer", "i32", "i32"], result: "i32" } as const;

/** Runs an action under a mask of what new files may allow. */
export function withUmask(mask: number, action: () => void): void {
  // By libc: Deno asks for permission to see all of the system's facts.
  using libc = openLibc({ umask: { parameters: ["u32"], result: "u32" } });
  const before = libc.symbols.umask(mask);
  try {
    action();
  } finally {
    libc.symbols.umask(before);
  }
}

/** Opens a lock file, creating it, without following a symlink; undefined when that fails. */
export function openLock(path: string): number | undefined {
  using libc = openLibc({ open: OPEN });
  const fd = libc.symbols.open(cString(path), OPEN_LOCK, 0o600);
  return fd < 0 ? undefined : fd;
}

/** Takes the advisory lock on an open file; false when another process has it. */
export function tryLock(fd: number): boolean {
  using libc = openLibc({ flock: { parameters: ["i32", "i32"], result: "i32" } });
  return libc.symbols.flock(fd, EXCLUSIVE_OR_FAIL) === 0;
}

/** Writes a text into a file that was just opened, over what is there. */
export function writeText(fd: number, text: string): void {
  using libc = openLibc({ write: { parameters: ["i32", "buffer", "usize"], result: "isize" } });
  const bytes = new TextEncoder().encode(text);
  libc.symbols.write(fd, bytes, BigInt(bytes.length));
}

/** Gives an open file to another account, and leaves its group alone. */
export function giveTo(fd: number, uid: number): void {
  using libc = openLibc({ fchown: { parameters: ["i32", "u32", "i32"], result: "i32" } });
  libc.symbols.fchown(fd, uid, -1);
}

/** Closes a descriptor. */
export function closeDescriptor(fd: number): void {
  using libc = openLibc({ close: CLOSE });
  libc.symbols.close(fd);
}

/** The account that the other end of a unix connection runs under; undefined without a peer. */
export function peerUid(fd: number): number | undefined {
  using libc = openLibc({
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const credentials = new Int32Array(CREDENTIALS_LENGTH);
  const size = new Uint32Array([credentials.byteLength]);
  const result = libc.symbols.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size);
  return result === 0 ? (credentials[1] ?? 0) >>> 0 : undefined;
}

/**
 * A list of the kernel's, such as `/proc/locks`; undefined when it cannot be read. By libc: Deno
 * asks for all permissions.
 */
export function kernelList(path: string): string | undefined {
  using libc = openLibc({
    open: OPEN,
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: CLOSE,
  });
  const { open, read, close } = libc.symbols;
  const fd = open(cString(path), READ_LIST, 0);
  if (fd < 0) return undefined;
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(CHUNK_BYTES);
  let text = "";
  for (let size; (size = Number(read(fd, chunk, BigInt(chunk.length)))) > 0;) {
    text += decoder.decode(chunk.subarray(0, size), { stream: true });
  }
  close(fd);
  return text;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
