import { cString, type Libc, openLibc } from "./libc.ts";

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const WRITE_NONBLOCKING = 0o1 | 0o4000 | 0o400 | 0o2000000; // O_WRONLY, NONBLOCK, NOCTTY, CLOEXEC
const FROM_HERE = 1; // SEEK_CUR
const POLL_OUT = 0x4;
const POLL_GONE = 0x8 | 0x10 | 0x20; // POLLERR, POLLHUP, POLLNVAL
/** PIPE_BUF: a pipe accepts a write of up to this size entirely or not at all. */
const MAX_WRITE_BYTES = 4096;

/** A descriptor that can be written to without waiting for its reader. */
export interface UnblockedOutput extends Disposable {
  /**
   * Writes as much of `bytes` as possible, from the beginning.
   *
   * @returns the number of accepted bytes; 0 if there is no room now, undefined if there is no
   * reader
   */
  tryWrite(bytes: Uint8Array<ArrayBuffer>): number | undefined;
}

/**
 * Opens a descriptor of this process for writes that never wait. Undefined for a file, which
 * accepts every write at once.
 *
 * O_NONBLOCK belongs to the open file description, which other processes may share. So a pipe or a
 * terminal is reopened, which creates a separate description. A socket, and a pipe of another
 * account, cannot be reopened: poll(2) shows whether they have room for one small write.
 *
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function openUnblocked(fd: number): UnblockedOutput | undefined {
  const library = openLibc(SYMBOLS);
  const { symbols: libc } = library;
  if (libc.lseek(fd, 0n, FROM_HERE) >= 0n) {
    library[Symbol.dispose]();
    return undefined;
  }
  const opened = libc.open(cString(`/proc/self/fd/${fd}`), WRITE_NONBLOCKING);
  const to = opened < 0 ? fd : opened;
  return {
    tryWrite(bytes) {
      const events = pollOutput(libc, to);
      if ((events & POLL_GONE) !== 0) return undefined;
      if ((events & POLL_OUT) === 0) return 0;
      const size = Math.min(bytes.length, MAX_WRITE_BYTES);
      return Math.max(0, Number(libc.write(to, bytes, BigInt(size))));
    },
    [Symbol.dispose]() {
      if (opened >= 0) libc.close(opened);
      library[Symbol.dispose]();
    },
  };
}

let polling: Libc<Pick<typeof SYMBOLS, "poll">> | undefined;

/**
 * Blocks the process until a descriptor has room for a small write, or has no reader.
 *
 * @param timeoutMs `Infinity` for no limit
 * @returns false after `timeoutMs`, or at a signal
 * @throws {DriverError} `LIBRARY_UNUSABLE`
 */
export function waitForRoom(fd: number, timeoutMs: number): boolean {
  polling ??= openLibc({ poll: SYMBOLS.poll });
  return pollOutput(polling.symbols, fd, timeoutMs === Infinity ? -1 : timeoutMs) !== 0;
}

/**
 * Whether a descriptor has room for a small write, or has no reader, within `timeoutMs`. Also true
 * if that is unknown, as without permission to call C, which is not requested. Nothing stays open.
 */
export function takesMore(fd: number, timeoutMs: number): boolean {
  if (!mayCall()) return true;
  try {
    using library = openLibc({ poll: SYMBOLS.poll });
    return pollOutput(library.symbols, fd, timeoutMs) !== 0;
  } catch {
    return true;
  }
}

/**
 * Writes to a descriptor in parts, until one finds no room within `timeoutMs`.
 *
 * @returns the number of written bytes; all of them if there is no reader; undefined if it wrote
 * nothing because the descriptor is a file, or without permission to call C
 */
export function writeInParts(
  fd: number,
  bytes: Uint8Array<ArrayBuffer>,
  timeoutMs: number,
): number | undefined {
  using output = openIfPossible(fd);
  if (output === undefined) return undefined;
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at);
    const size = output.tryWrite(part) || takesMore(fd, timeoutMs) && output.tryWrite(part);
    if (size === undefined) return bytes.length;
    if (!size) return at;
    at += size;
  }
  return bytes.length;
}

function openIfPossible(fd: number): UnblockedOutput | undefined {
  if (!mayCall()) return undefined;
  try {
    return openUnblocked(fd);
  } catch {
    return undefined;
  }
}

function mayCall(): boolean {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

interface Poll {
  poll(fds: Uint8Array<ArrayBuffer>, count: bigint, timeoutMs: number): number;
}

/**
 * The state of a descriptor by poll(2), the `revents` of its `struct pollfd`, as soon as it is not 0
 * or after this time.
 */
function pollOutput(libc: Poll, fd: number, timeoutMs = 0): number {
  const entry = new DataView(new ArrayBuffer(8));
  entry.setInt32(0, fd, true);
  entry.setInt16(4, POLL_OUT, true);
  libc.poll(new Uint8Array(entry.buffer), 1n, timeoutMs);
  return entry.getInt16(6, true);
}
