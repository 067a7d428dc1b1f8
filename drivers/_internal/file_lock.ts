import { cString, openLibc } from "./libc.ts";

const EXCLUSIVE_OR_FAIL = 2 | 4; // LOCK_EX | LOCK_NB
const NO_FOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const OPEN_LOCK = 0o2 | 0o100 | 0o2000000 | NO_FOLLOW; // O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW

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

/** Closes a descriptor. */
export function closeDescriptor(fd: number): void {
  using libc = openLibc({ close: { parameters: ["i32"], result: "i32" } });
  libc.symbols.close(fd);
}
