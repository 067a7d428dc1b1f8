import { cString, openLibc } from "../libc.ts";

const EXCLUSIVE_OR_FAIL = 2 | 4; // LOCK_EX | LOCK_NB
const NO_FOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const OPEN_LOCK = 0o2 | 0o100 | 0o2000000 | NO_FOLLOW; // O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Length of a `struct ucred` in 32-bit numbers: process, account, group. */
const CREDENTIALS_LENGTH = 3;

/** Runs an action with a umask. */
export function withUmask(mask: number, action: () => void): void {
  // By libc, since Deno's function requires the permission for all system information.
  using libc = openLibc({ umask: { parameters: ["u32"], result: "u32" } });
  const before = libc.symbols.umask(mask);
  try {
    action();
  } finally {
    libc.symbols.umask(before);
  }
}

/** Opens or creates a lock file without following symlinks; undefined on failure. */
export function openLock(path: string): number | undefined {
  using libc = openLibc({ open: { parameters: ["buffer", "i32", "i32"], result: "i32" } });
  const fd = libc.symbols.open(cString(path), OPEN_LOCK, 0o600);
  return fd < 0 ? undefined : fd;
}

/** Takes the advisory lock on an open file; returns false if another process has it. */
export function tryLock(fd: number): boolean {
  using libc = openLibc({ flock: { parameters: ["i32", "i32"], result: "i32" } });
  return libc.symbols.flock(fd, EXCLUSIVE_OR_FAIL) === 0;
}

/** Writes a text at the start of a file that was just opened. */
export function writeText(fd: number, text: string): void {
  using libc = openLibc({ write: { parameters: ["i32", "buffer", "usize"], result: "isize" } });
  const bytes = new TextEncoder().encode(text);
  libc.symbols.write(fd, bytes, BigInt(bytes.length));
}

/** Changes the owner of an open file, but not its group. */
export function giveTo(fd: number, uid: number): void {
  using libc = openLibc({ fchown: { parameters: ["i32", "u32", "i32"], result: "i32" } });
  libc.symbols.fchown(fd, uid, -1);
}

/** Closes a descriptor. */
export function closeDescriptor(fd: number): void {
  using libc = openLibc({ close: { parameters: ["i32"], result: "i32" } });
  libc.symbols.close(fd);
}

/** The account of the peer of a unix connection; undefined without a peer. */
export function peerUid(fd: number): number | undefined {
  using libc = openLibc({
    getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  });
  const credentials = new Int32Array(CREDENTIALS_LENGTH);
  const size = new Uint32Array([credentials.byteLength]);
  const result = libc.symbols.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size);
  return result === 0 ? (credentials[1] ?? 0) >>> 0 : undefined;
}
