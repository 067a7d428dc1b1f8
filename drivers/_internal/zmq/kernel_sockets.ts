import type { LibzmqSymbols } from "./libzmq_library.ts";

const UNREAD_BY_PEER = 0x5411n; // SIOCOUTQ
// SHUT_RD: to shut both ways looks to libzmq like a lost peer, and then it stops reading at once.
const INCOMING = 0;
const BOTH_WAYS = 2;
// struct pollfd is an int and two shorts.
const POLL_ENTRY_BYTES = 8;
const POLL_RESULT_AT = 6;
const POLL_ERROR = 8;
const POLL_HANG_UP = 16;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_BYTES = 110;
const SCRATCH_BYTES = 4_096;
const MOST_SCRATCHES = 256;

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

  /** Ends a unix connection that this process has made, for both directions. */
  end(fd: number): void {
    this.#symbols.shutdown(fd, BOTH_WAYS);
  }
}
