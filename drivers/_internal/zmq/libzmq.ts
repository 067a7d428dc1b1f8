import type { Libzmq, LibzmqSymbols } from "./libzmq_library.ts";
import type { LibzmqOctets } from "./libzmq_octets.ts";

/** Socket types of zmq.h in use. */
export const SOCKET_TYPE = {
  pair: 0,
  sub: 2,
  dealer: 5,
  router: 6,
  pull: 7,
  push: 8,
  xpub: 9,
} as const;

/** Socket options of zmq.h in use. */
export const OPTION = {
  subscribe: 6,
  unsubscribe: 7,
  receiveMore: 13,
  fd: 14,
  events: 15,
  linger: 17,
  reconnectIntervalMs: 18,
  reconnectIntervalMaxMs: 21,
  maxMessageBytes: 22,
  sendHighWaterMark: 23,
  receiveHighWaterMark: 24,
  lastEndpoint: 32,
  routerMandatory: 33,
  immediate: 39,
  xpubVerbose: 40,
  ipv6: 42,
  xpubNoDrop: 69,
  heartbeatIntervalMs: 75,
  heartbeatTimeoutMs: 77,
} as const;

export const EVENT_IN = 1;
export const EVENT_OUT = 2;

const DONT_WAIT = 1;
const SEND_MORE = 2;
const EAGAIN = 11;
const EHOSTUNREACH = 113;
const LAST_ENDPOINT_BYTES = 1024;

/** A failed zmq call: its name, errno and libzmq's text for it. */
export class ZmqError extends Error {
  override readonly name = "ZmqError";
  readonly errno: number;

  constructor(call: string, errno: number, text: string) {
    super(`${call}: ${text}`);
    this.errno = errno;
  }
}

/** The octets of a C string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text + "\0"));
}

/** One zmq context: an I/O thread and the sockets on it. */
export class ZmqContext {
  readonly #symbols: LibzmqSymbols;
  readonly #pointer: Deno.PointerValue;

  constructor(library: Libzmq) {
    this.#symbols = library.symbols;
    this.#pointer = library.symbols.zmq_ctx_new();
  }

  socket(type: number): ZmqSocket {
    return new ZmqSocket(this.#symbols, this.#symbols.zmq_socket(this.#pointer, type));
  }

  /** Waits until every closed socket has sent what it had or its linger is over. Close them first. */
  async terminate(): Promise<void> {
    // It fails only when a signal interrupts it, and then wants to be called again.
    while (await this.#symbols.zmq_ctx_term(this.#pointer) !== 0);
  }
}

/** One zmq socket, non-blocking throughout. Not to be shared between threads. */
export class ZmqSocket {
  readonly #symbols: LibzmqSymbols;
  readonly #pointer: Deno.PointerValue;
  readonly #int = new Int32Array(new ArrayBuffer(4));
  readonly #intSize = new BigUint64Array(new ArrayBuffer(8)).fill(4n);
  readonly #intAt = Deno.UnsafePointer.of(this.#int);
  readonly #intSizeAt = Deno.UnsafePointer.of(this.#intSize);
  #closed = false;

  constructor(symbols: LibzmqSymbols, pointer: Deno.PointerValue) {
    this.#symbols = symbols;
    this.#pointer = pointer;
    if (pointer === null) throw this.#error("zmq_socket");
  }

  setInt(option: number, value: number): void {
    this.setOctets(option, new Int32Array([value]));
  }

  setInt64(option: number, value: number): void {
    this.setOctets(option, new BigInt64Array([BigInt(value)]));
  }

  setOctets(option: number, value: Int32Array | BigInt64Array | Uint8Array): void {
    const octets = value as Uint8Array<ArrayBuffer>;
    const size = BigInt(value.byteLength);
    this.#check(
      "zmq_setsockopt",
      this.#symbols.zmq_setsockopt(this.#pointer, option, octets, size),
    );
  }

  getInt(option: number): number {
    const { zmq_getsockopt_at } = this.#symbols;
    const result = zmq_getsockopt_at(this.#pointer, option, this.#intAt, this.#intSizeAt);
    if (result !== 0) throw this.#error("zmq_getsockopt");
    return this.#int[0] ?? 0;
  }

  /** Which of {@linkcode EVENT_IN} and {@linkcode EVENT_OUT} hold; also runs what libzmq has due. */
  events(): number {
    return this.getInt(OPTION.events);
  }

  /** Whether the frame received last has another behind it. */
  get more(): boolean {
    return this.getInt(OPTION.receiveMore) !== 0;
  }

  /** The address really bound, wildcards replaced. */
  lastEndpoint(): string {
    const text = new Uint8Array(LAST_ENDPOINT_BYTES);
    const size = new BigUint64Array([BigInt(text.length)]);
    const result = this.#symbols.zmq_getsockopt(this.#pointer, OPTION.lastEndpoint, text, size);
    this.#check("zmq_getsockopt", result);
    return new TextDecoder().decode(text.subarray(0, Number(size[0]) - 1));
  }

  bind(address: string): void {
    this.#check("zmq_bind", this.#symbols.zmq_bind(this.#pointer, cString(address)));
  }

  unbind(address: string): void {
    this.#check("zmq_unbind", this.#symbols.zmq_unbind(this.#pointer, cString(address)));
  }

  connect(address: string): void {
    this.#check("zmq_connect", this.#symbols.zmq_connect(this.#pointer, cString(address)));
  }

  /** Forgets an address that was connected to; nothing happens when it was none. */
  disconnect(address: string): void {
    this.#symbols.zmq_disconnect(this.#pointer, cString(address));
  }

  /** Has `address` (inproc) tell of connections; see monitor.ts. */
  monitor(address: string, events: number): void {
    const result = this.#symbols.zmq_socket_monitor(this.#pointer, cString(address), events);
    this.#check("zmq_socket_monitor", result);
  }

  /** Has nobody told any more. */
  stopMonitor(): void {
    this.#check("zmq_socket_monitor", this.#symbols.zmq_socket_monitor(this.#pointer, null, 0));
  }

  /**
   * Receives one frame into `into`, cutting off what does not fit.
   * Returns the frame's full size, or -1 when none is waiting.
   */
  receive(into: Uint8Array<ArrayBuffer>): number {
    const size = this.#symbols.zmq_recv(this.#pointer, into, BigInt(into.length), DONT_WAIT);
    return size >= 0 ? size : this.#refused("zmq_recv");
  }

  /** As {@linkcode receive}, from `offset` on and at a third of the price. */
  receiveAt(into: LibzmqOctets, offset: number): number {
    const at = into.address + BigInt(offset);
    const room = BigInt(into.octets.length - offset);
    const size = this.#symbols.zmq_recv_at(this.#pointer, at, room, DONT_WAIT);
    return size >= 0 ? size : this.#refused("zmq_recv");
  }

  /** Sends a topic and a payload as one message. False when there is no room, or nobody to queue for. */
  sendPair(topic: Uint8Array<ArrayBuffer>, payload: Uint8Array): boolean {
    const symbols = this.#symbols;
    const flags = DONT_WAIT | SEND_MORE;
    if (symbols.zmq_send(this.#pointer, topic, BigInt(topic.length), flags) < 0) {
      this.#refused("zmq_send");
      return false;
    }
    const octets = payload as Uint8Array<ArrayBuffer>;
    const sent = symbols.zmq_send(this.#pointer, octets, BigInt(octets.length), DONT_WAIT);
    if (sent < 0) throw this.#error("zmq_send");
    return true;
  }

  /** Sends a frame as one message. False when there is no room, or nobody to queue for. */
  send(frame: Uint8Array<ArrayBuffer>): boolean {
    const size = BigInt(frame.length);
    return this.#symbols.zmq_send(this.#pointer, frame, size, DONT_WAIT) >= 0 ||
      this.#refused("zmq_send") >= 0;
  }

  /** As {@linkcode sendPair}, to a peer by its identity; also false when that has gone. */
  sendTo(identity: Uint8Array<ArrayBuffer>, frame: Uint8Array<ArrayBuffer>): boolean {
    try {
      return this.sendPair(identity, frame);
    } catch (error) {
      if (error instanceof ZmqError && error.errno === EHOSTUNREACH) return false;
      throw error;
    }
  }

  /** Closes at once for the caller; what is queued is sent by the context within the linger time. */
  close(lingerMs: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.setInt(OPTION.linger, lingerMs);
    this.#symbols.zmq_close(this.#pointer);
  }

  #refused(call: string): -1 {
    const errno = this.#symbols.zmq_errno();
    if (errno === EAGAIN) return -1;
    throw this.#error(call, errno);
  }

  #check(call: string, result: number): void {
    if (result !== 0) throw this.#error(call);
  }

  #error(call: string, errno = this.#symbols.zmq_errno()): ZmqError {
    const text = this.#symbols.zmq_strerror(errno);
    return new ZmqError(
      call,
      errno,
      text === null ? String(errno) : new Deno.UnsafePointerView(text).getCString(),
    );
  }
}
