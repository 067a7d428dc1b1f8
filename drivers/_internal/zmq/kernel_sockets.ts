import { cString } from "./libzmq.ts";
import type { LibzmqSymbols } from "./libzmq_library.ts";

const UNREAD_BY_PEER = 0x5411n; // SIOCOUTQ
// SHUT_RD: to shut both ways looks to libzmq like a lost peer, and then it stops reading at once.
const INCOMING = 0;
// struct pollfd is an int and two shorts.
const POLL_ENTRY_BYTES = 8;
const POLL_RESULT_AT = 6;
const POLL_ERROR = 8;
const POLL_HANG_UP = 16;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_BYTES = 110;
const EXCLUSIVE_OR_FAIL = 2 | 4; // LOCK_EX | LOCK_NB
const READ_WRITE_CREATE = 0o2 | 0o100 | 0o2000000; // O_RDWR | O_CREAT | O_CLOEXEC

const SCRATCH_BYTES = 4_096;
const MOST_SCRATCHES = 256;

/** A path to a unix socket fits sockaddr_un only up to this many octets. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** What the drivers ask of the kernel about sockets that libzmq opened. */
export class KernelSockets {
  readonly #symbols: LibzmqSymbols;

  constructor(symbols: LibzmqSymbols) {
    this.#symbols = symbols;
  }

  /** A second handle on the connection, or undefined when the descriptor is none any more. */
  duplicate(fd: number): number | undefined {
    const copy = this.#symbols.dup(fd);
    return copy < 0 ? undefined : copy;
  }

  close(fd: number): void {
    this.#symbols.close(fd);
  }

  /** Whether the peer has not yet read all that was written; false where the kernel cannot tell. */
  hasUnread(fd: number): boolean {
    const unread = new Int32Array(1);
    return this.#symbols.ioctl(fd, UNREAD_BY_PEER, unread) === 0 && (unread[0] ?? 0) > 0;
  }

  /**
   * Throws away what the peer has said: to close on it would look to the peer like a failure. Does
   * nothing unless `fd` really is a connection of TCP at this port.
   */
  discardIncoming(fd: number, port: number): void {
    if (this.#localPort(fd) !== port) return;
    const scratch = new Uint8Array(SCRATCH_BYTES);
    // libzmq's sockets never wait. Bounded, as a peer may say more and more.
    for (let count = 0; count < MOST_SCRATCHES; count++) {
      if (Number(this.#symbols.read(fd, scratch, BigInt(scratch.length))) <= 0) return;
    }
  }

  /** Whether the peer has gone: it may not have read all that was written. */
  hasPeerLeft(fd: number): boolean {
    const entry = new DataView(new ArrayBuffer(POLL_ENTRY_BYTES));
    entry.setInt32(0, fd, true);
    this.#symbols.poll_here(entry, 1n, 0);
    return (entry.getInt16(POLL_RESULT_AT, true) & (POLL_ERROR | POLL_HANG_UP)) !== 0;
  }

  /**
   * Cuts a connection at a known octet: what the peer had written stays readable, more is refused.
   * Does nothing unless `fd` really is a connection accepted at `path`.
   */
  cut(fd: number, path: string): void {
    if (this.#localPath(fd) === path) this.#symbols.shutdown(fd, INCOMING);
  }

  #localPath(fd: number): string | undefined {
    const { family, rest } = this.#localAddress(fd);
    if (family !== AF_UNIX) return undefined;
    const end = rest.indexOf(0);
    return new TextDecoder().decode(end < 0 ? rest : rest.subarray(0, end));
  }

  #localPort(fd: number): number | undefined {
    const { family, rest: [high = 0, low = 0] } = this.#localAddress(fd);
    return family === AF_INET || family === AF_INET6 ? high * 256 + low : undefined;
  }

  /** What a `sockaddr` begins with, and the rest of it. */
  #localAddress(fd: number): { readonly family: number | undefined; readonly rest: Uint8Array } {
    const address = new Uint8Array(SOCKADDR_BYTES);
    const size = new Uint32Array([SOCKADDR_BYTES]);
    const isKnown = this.#symbols.getsockname(fd, address, size) === 0;
    const family = isKnown ? new DataView(address.buffer).getUint16(0, true) : undefined;
    return { family, rest: address.subarray(2, size[0]) };
  }

  /** Sets the mask of what new files may allow, and gives the one before. */
  umask(mask: number): number {
    return this.#symbols.umask(mask);
  }

  /**
   * Takes the advisory lock on a file, creating it; the kernel gives it back when the process dies.
   * Undefined when another process has it; otherwise a function that gives it back.
   */
  lock(path: string): (() => void) | undefined {
    const fd = this.#symbols.open(cString(path), READ_WRITE_CREATE, 0o600);
    if (fd < 0) throw new Error(`cannot open "${path}": no permission, or not a plain file`);
    if (this.#symbols.flock(fd, EXCLUSIVE_OR_FAIL) === 0) return () => this.#symbols.close(fd);
    this.#symbols.close(fd);
    return undefined;
  }
}
