import { DriverError } from "../contract/errors.ts";
import { openLibc } from "./libc.ts";

// Deno supports datagrams over unix sockets only with an unstable flag, and does not read the
// kernel's monotonic clock; these functions of libc do.
const SYMBOLS = {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const AF_UNIX = 1;
const DATAGRAM = 2 | 0o2000000; // SOCK_DGRAM | SOCK_CLOEXEC
const NEITHER_WAIT_NOR_SIGNAL = 0x40 | 0x4000; // MSG_DONTWAIT | MSG_NOSIGNAL
const MAX_PATH_BYTES = 107;
const CLOCK_MONOTONIC = 1;

/** The sending end of a service manager's socket. */
export interface NotifySocket extends Disposable {
  /** Sends one datagram. Returns false if the manager does not accept it now. */
  send(text: string): boolean;
  /** The kernel's monotonic clock, in microseconds. */
  monotonicMicros(): bigint;
}

/**
 * Opens a socket to send to `address`: a path, or a name in the abstract namespace after an `@`.
 *
 * @throws {DriverError} `ADDRESS_INVALID`, `LIBRARY_UNUSABLE`
 */
export function openNotifySocket(address: string): NotifySocket {
  const to = socketAddress(address);
  const library = openLibc(SYMBOLS);
  const fd = library.symbols.socket(AF_UNIX, DATAGRAM, 0);
  if (fd < 0) {
    library[Symbol.dispose]();
    throw new DriverError("LIBRARY_UNUSABLE", `Cannot open a datagram socket for "${address}"`);
  }
  return {
    send(text) {
      const bytes = new TextEncoder().encode(text);
      const { sendto } = library.symbols;
      const size = BigInt(bytes.length);
      return Number(sendto(fd, bytes, size, NEITHER_WAIT_NOR_SIGNAL, to, to.length)) >= 0;
    },
    monotonicMicros() {
      const time = new BigInt64Array(2);
      library.symbols.clock_gettime(CLOCK_MONOTONIC, time);
      const [seconds = 0n, nanos = 0n] = time;
      return seconds * 1_000_000n + nanos / 1_000n;
    },
    [Symbol.dispose]() {
      library.symbols.close(fd);
      library[Symbol.dispose]();
    },
  };
}

/** A `sockaddr_un` with the length of its name. */
function socketAddress(address: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(address);
  if (!/^[/@]./.test(address) || name.length > MAX_PATH_BYTES || name.includes(0)) {
    throw new DriverError(
      "ADDRESS_INVALID",
      `Cannot notify "${address}": wanted a path, or @ and a name, of at most ${MAX_PATH_BYTES} bytes`,
    );
  }
  const isAbstract = address.startsWith("@");
  if (isAbstract) name[0] = 0;
  const sockaddr = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  new DataView(sockaddr.buffer).setUint16(0, AF_UNIX, true);
  sockaddr.set(name, 2);
  return sockaddr;
}
