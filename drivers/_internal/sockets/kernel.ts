import { cString, int32At, type Libc, openLibc } from "../libc.ts";
import { KernelError } from "./errno.ts";
import { MORE_SYMBOLS, SYMBOLS } from "./kernel_symbols.ts";

const NONBLOCKING = 0o4000; // SOCK_NONBLOCK
const CLOSE_ON_EXEC = 0o2000000; // SOCK_CLOEXEC
const STREAM = 1;
const DONT_WAIT = 0x40;
const NO_SIGNAL = 0x4000;

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_PEERCRED = 17;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_USER_TIMEOUT = 18;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
const INTERFACE_ADDRESS = 0x8915n; // SIOCGIFADDR
const INTERFACE_NAME_BYTES = 16;
const INTERFACE_REQUEST_BYTES = 40;
const UNSENT = 0x5411n; // SIOCOUTQ
/** Maximum number of pending connections; /proc/sys/net/core/somaxconn may lower it. */
const BACKLOG = 4_096;
/** Maximum size of a socket address, in bytes: that of a unix socket. */
export const MAX_ADDRESS_BYTES = 110;

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** The sockets and epoll of the kernel, through libc. No call blocks, unless its docs say so. */
export class Kernel implements Disposable {
  readonly #libc = openLibc(SYMBOLS);
  readonly #call = this.#libc.symbols;
  readonly #errno = int32At(this.#call.__errno_location());
  #moreLibc: Libc<typeof MORE_SYMBOLS> | undefined;

  get #more(): Libc<typeof MORE_SYMBOLS>["symbols"] {
    return (this.#moreLibc ??= openLibc(MORE_SYMBOLS)).symbols;
  }

  /** The errno of the previous call on this thread. */
  get errno(): number {
    return this.#errno();
  }

  #checked(call: string, result: number): number {
    if (result < 0) throw new KernelError(call, this.errno);
    return result;
  }

  /** Creates a non-blocking socket. @throws {KernelError} */
  socket(family: number): number {
    return this.#checked(
      "socket",
      this.#call.socket(family, STREAM | NONBLOCKING | CLOSE_ON_EXEC, 0),
    );
  }

  /** Binds and listens. @throws {KernelError} */
  listen(fd: number, address: Uint8Array<ArrayBuffer>): void {
    this.#checked("bind", this.#more.bind(fd, address, address.length));
    this.#checked("listen", this.#more.listen(fd, BACKLOG));
  }

  /** Returns 0 when the socket is connected, or an errno: `inProgress` while it connects. */
  connect(fd: number, address: Uint8Array<ArrayBuffer>): number {
    return this.#call.connect(fd, address, address.length) === 0 ? 0 : this.errno;
  }

  /** Accepts a connection. Returns its descriptor, or the negated errno. */
  accept(fd: number): number {
    const peer = this.#more.accept4(fd, null, null, NONBLOCKING | CLOSE_ON_EXEC);
    return peer >= 0 ? peer : -this.errno;
  }

  /** The address that a socket is bound to. */
  localAddress(fd: number): Uint8Array {
    return addressBy((address, size) => this.#more.getsockname(fd, address, size));
  }

  /** The address of the other end; empty if it has disconnected. */
  peerAddress(fd: number): Uint8Array {
    return addressBy((address, size) => this.#more.getpeername(fd, address, size));
  }

  /** The errno that explains why a connection failed or ended, or 0. */
  connectionError(fd: number): number {
    const error = new Int32Array(1);
    this.#call.getsockopt(fd, SOL_SOCKET, SO_ERROR, error, new Uint32Array([4]));
    return error[0] ?? 0;
  }

  /** The user ID of the other end of a unix connection; undefined if unknown. */
  peerUid(fd: number): number | undefined {
    const credentials = new Int32Array(3); // process, account, group
    const size = new Uint32Array([credentials.byteLength]);
    const result = this.#call.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size);
    return result === 0 ? (credentials[1] ?? 0) >>> 0 : undefined;
  }

  #set(fd: number, level: number, option: number, value: number): void {
    this.#more.setsockopt(fd, level, option, new Int32Array([value]), 4);
  }

  /** Allows a port to be bound again at once after its service has ended. */
  reuseAddress(fd: number): void {
    this.#set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  }

  /** Limits what the kernel holds of each accepted connection until it is read, in bytes. */
  limitReceived(fd: number, bytes: number): void {
    this.#set(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }

  /**
   * Turns off send delays, and detects a peer that has vanished within `timeoutMs` milliseconds.
   */
  tuneTcp(fd: number, timeoutMs: number): void {
    this.#set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    this.#set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    const probes = 3;
    const seconds = Math.max(1, Math.floor(timeoutMs / 1_000 / (probes + 1)));
    this.#set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    this.#set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
    this.#set(fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
    this.#set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, timeoutMs);
  }

  /** The bytes of an IP address; undefined if the text is not an address of the family. */
  ipAddress(family: number, text: string): Uint8Array | undefined {
    const bytes = new Uint8Array(family === AF_INET ? 4 : 16);
    return this.#more.inet_pton(family, cString(text), bytes) === 1 ? bytes : undefined;
  }

  /** The IPv4 address of a network interface; undefined for an unknown name. */
  interfaceAddress(name: string): Uint8Array | undefined {
    const request = new Uint8Array(INTERFACE_REQUEST_BYTES);
    const text = new TextEncoder().encode(name);
    if (text.length >= INTERFACE_NAME_BYTES) return undefined;
    request.set(text);
    const fd = this.socket(AF_INET);
    const isKnown = this.#more.ioctl(fd, INTERFACE_ADDRESS, request) === 0;
    this.close(fd);
    return isKnown
      ? request.subarray(INTERFACE_NAME_BYTES + 4, INTERFACE_NAME_BYTES + 8)
      : undefined;
  }

  /** The index of a network interface; 0 for an unknown name. */
  interfaceIndex(name: string): number {
    return this.#more.if_nametoindex(cString(name));
  }

  /** Number of bytes that the peer has not acknowledged or, over a unix socket, not read. */
  unsent(fd: number): number {
    const bytes = new Int32Array(1);
    return this.#more.ioctl(fd, UNSENT, bytes) === 0 ? bytes[0] ?? 0 : 0;
  }

  /** Returns the number of bytes read, 0 at the end of the stream, or the negated errno. */
  receive(fd: number, into: Uint8Array<ArrayBuffer>): number {
    const count = Number(this.#call.recv(fd, into, BigInt(into.length), DONT_WAIT));
    return count >= 0 ? count : -this.errno;
  }

  /** Returns the number of bytes that the kernel has taken, or the negated errno. */
  send(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
    const count = Number(
      this.#call.send(fd, bytes, BigInt(bytes.length), DONT_WAIT | NO_SIGNAL),
    );
    return count >= 0 ? count : -this.errno;
  }

  /** Ends one direction: 0 incoming, 1 outgoing. */
  shutdown(fd: number, direction: 0 | 1): void {
    this.#more.shutdown(fd, direction);
  }

  close(fd: number): void {
    this.#call.close(fd);
  }

  /** Creates a descriptor that {@linkcode Kernel.signal} makes readable. @throws {KernelError} */
  eventfd(): number {
    return this.#checked("eventfd", this.#call.eventfd(0, NONBLOCKING | CLOSE_ON_EXEC));
  }

  /** Makes an eventfd readable. It stays readable. */
  signal(eventfd: number): void {
    this.#call.write(eventfd, ONE, BigInt(ONE.length));
  }

  /** @throws {KernelError} */
  epoll(): number {
    return this.#checked("epoll_create1", this.#call.epoll_create1(CLOSE_ON_EXEC));
  }

  /** @throws {KernelError} */
  control(epoll: number, operation: number, fd: number, event: Uint8Array<ArrayBuffer>): void {
    this.#checked("epoll_ctl", this.#call.epoll_ctl(epoll, operation, fd, event));
  }

  /** Waits up to `timeoutMs` on this thread. Returns the number of events, 0 after a signal. */
  wait(epoll: number, events: Uint8Array<ArrayBuffer>, most: number, timeoutMs: number): number {
    return Math.max(0, this.#call.epoll_wait(epoll, events, most, timeoutMs));
  }

  /** Waits on another thread, without a timeout. */
  async waitApart(epoll: number, events: Uint8Array<ArrayBuffer>, most: number): Promise<number> {
    return Math.max(0, await this.#call.epoll_wait_apart(epoll, events, most, -1));
  }

  [Symbol.dispose](): void {
    this.#moreLibc?.[Symbol.dispose]();
    this.#libc[Symbol.dispose]();
  }
}

/** Returns the socket address that a call writes; empty if the call fails. */
function addressBy(
  call: (address: Uint8Array<ArrayBuffer>, size: Uint32Array<ArrayBuffer>) => number,
): Uint8Array {
  const address = new Uint8Array(MAX_ADDRESS_BYTES);
  const size = new Uint32Array([MAX_ADDRESS_BYTES]);
  return address.subarray(0, call(address, size) === 0 ? size[0] : 0);
}
