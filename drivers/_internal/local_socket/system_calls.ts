import { openLibc } from "../libc.ts";

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
