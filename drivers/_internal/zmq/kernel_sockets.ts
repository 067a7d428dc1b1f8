import { cString } from "./libzmq.ts";
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
const EXCLUSIVE_OR_FAIL = 2 | 4; // LOCK_EX | LOCK_NB
const NO_FOLLOW = Deno.build.arch === "aarch64" ? 0o100000 : 0o400000;
const OPEN_LOCK = 0o2 | 0o100 | 0o2000000 | NO_FOLLOW; // O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
const READ_LIST = 0o2000000; // O_RDONLY | O_CLOEXEC
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
// struct ucred: process, account, group.
const PEER_CREDENTIALS_LENGTH = 3;

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

  /** Sets the mask of what new files may allow, and gives the one before. */
  umask(mask: number): number {
    return this.#symbols.umask(mask);
  }

  /** Opens a lock file, creating it, without following a symlink; undefined when that fails. */
  openLock(path: string): number | undefined {
    const fd = this.#symbols.open(cString(path), OPEN_LOCK, 0o600);
    return fd < 0 ? undefined : fd;
  }

  /** Takes the advisory lock on an open file; false when another process has it. */
  tryLock(fd: number): boolean {
    return this.#symbols.flock(fd, EXCLUSIVE_OR_FAIL) === 0;
  }

  /** Writes a text into a file that was just opened, over what is there. */
  write(fd: number, text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#symbols.write(fd, bytes, BigInt(bytes.length));
  }

  /** Gives an open file to another account, and leaves its group alone. */
  giveTo(fd: number, uid: number): void {
    this.#symbols.fchown(fd, uid, -1);
  }

  /** The account that the other end of a unix connection runs under; undefined without a peer. */
  peerUid(fd: number): number | undefined {
    const credentials = new Int32Array(PEER_CREDENTIALS_LENGTH);
    const size = new Uint32Array([credentials.byteLength]);
    const result = this.#symbols.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size);
    return result === 0 ? (credentials[1] ?? 0) >>> 0 : undefined;
  }

  /**
   * A list of the kernel's, such as `/proc/locks`; undefined when it cannot be read. By libc: Deno
   * asks for all permissions.
   */
  list(path: string): string | undefined {
    const fd = this.#symbols.open(cString(path), READ_LIST, 0);
    if (fd < 0) return undefined;
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(SCRATCH_BYTES);
    let text = "";
    for (let size; (size = Number(this.#symbols.read(fd, chunk, BigInt(chunk.length)))) > 0;) {
      text += decoder.decode(chunk.subarray(0, size), { stream: true });
    }
    this.#symbols.close(fd);
    return text;
  }

  /** Ends a unix connection that this process has made, for both directions. */
  end(fd: number): void {
    this.#symbols.shutdown(fd, BOTH_WAYS);
  }
}
