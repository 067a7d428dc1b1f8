import type { Libzmq, LibzmqSymbols } from "./libzmq_library.ts";
import type { LibzmqOctets } from "./libzmq_octets.ts";
import { OPTION } from "./zmq_h.ts";

const DONT_WAIT = 1;
const SEND_MORE = 2;
const EINTR = 4;
const EAGAIN = 11;
const EHOSTUNREACH = 113;
/** Failures in a row after which an errno is believed that is not one of the above. */
const FAILURES_BELIEVED = 3;
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

function zmqError(symbols: LibzmqSymbols, call: string, errno = symbols.zmq_errno()): ZmqError {
  const text = symbols.zmq_strerror(errno);
  const is = text === null ? String(errno) : new Deno.UnsafePointerView(text).getCString();
  return new ZmqError(call, errno, is);
}

/** What became of a message to one peer: taken, no room for it, or no such peer any more. */
export type Delivery = "sent" | "full" | "gone";

/** The octets of a C string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text + "\0"));
}

/** One zmq context: an I/O thread and the sockets on it. */
export class ZmqContext {
  readonly #symbols: LibzmqSymbols;
  readonly #pointer: Deno.PointerValue;

  /** @throws {ZmqError} when the process has no descriptors left for it */
  constructor({ symbols }: Libzmq) {
    this.#symbols = symbols;
    this.#pointer = symbols.zmq_ctx_new();
    if (this.#pointer === null) throw zmqError(symbols, "zmq_ctx_new");
  }

  socket(type: number): ZmqSocket {
    return new ZmqSocket(this.#symbols, this.#pointer, type);
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
  #errno = 0;
  #doubts = 0;
  #closed = false;

  // Made last of all: the runtime may refuse the addresses above, and a context waits for ever for a
  // socket that nobody has.
  constructor(symbols: LibzmqSymbols, context: Deno.PointerValue, type: number) {
    this.#symbols = symbols;
    this.#pointer = symbols.zmq_socket(context, type);
    if (this.#pointer === null) throw this.#error("zmq_socket");
  }

  setInt(option: number, value: number): void {
    this.setOctets(option, new Int32Array([value]));
  }

  setInt64(option: number, value: number): void {
    this.setOctets(option, new BigInt64Array([BigInt(value)]));
  }

  setOctets(option: number, value: Int32Array | BigInt64Array | Uint8Array): void {
    const octets = value as Uint8Array<ArrayBuffer>;
    const { zmq_setsockopt } = this.#symbols;
    const result = zmq_setsockopt(this.#pointer, option, octets, BigInt(value.byteLength));
    this.#check("zmq_setsockopt", result);
  }

  getInt(option: number): number {
    const { zmq_getsockopt_at } = this.#symbols;
    let result: number;
    do {
      result = zmq_getsockopt_at(this.#pointer, option, this.#intAt, this.#intSizeAt);
    } while (result !== 0 && this.#isInDoubt());
    if (result !== 0) throw this.#error("zmq_getsockopt", this.#errno);
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
    this.#check("zmq_bind", this.#withAddress("zmq_bind", address));
  }

  unbind(address: string): void {
    this.#check("zmq_unbind", this.#withAddress("zmq_unbind", address));
  }

  connect(address: string): void {
    this.#check("zmq_connect", this.#withAddress("zmq_connect", address));
  }

  /** Forgets an address that was connected to; nothing happens when it was none. */
  disconnect(address: string): void {
    this.#withAddress("zmq_disconnect", address);
  }

  #withAddress(
    call: "zmq_bind" | "zmq_unbind" | "zmq_connect" | "zmq_disconnect",
    address: string,
  ): number {
    let result: number;
    do {
      result = this.#symbols[call](this.#pointer, cString(address));
    } while (result !== 0 && this.#symbols.zmq_errno() === EINTR);
    return result;
  }

  /** Has `address` (inproc) tell of connections; see monitor.ts. */
  monitor(address: string, events: number): void {
    const result = this.#symbols.zmq_socket_monitor(this.#pointer, cString(address), events);
    this.#check("zmq_socket_monitor", result);
  }

  /** Ends what {@linkcode monitor} began. */
  stopMonitor(): void {
    this.#check("zmq_socket_monitor", this.#symbols.zmq_socket_monitor(this.#pointer, null, 0));
  }

  /** Receives a frame, cut to fit, and returns its full size, or -1 when no frame is waiting. */
  receive(into: Uint8Array<ArrayBuffer>): number {
    let size: number;
    do {
      size = this.#symbols.zmq_recv(this.#pointer, into, BigInt(into.length), DONT_WAIT);
    } while (size < 0 && this.#isInDoubt());
    return size >= 0 ? size : this.#refused("zmq_recv");
  }

  /** As {@linkcode receive}, from `offset` on and at a third of the price. */
  receiveAt(into: LibzmqOctets, offset: number): number {
    const at = into.address + BigInt(offset);
    const room = BigInt(into.octets.length - offset);
    let size: number;
    do {
      size = this.#symbols.zmq_recv_at(this.#pointer, at, room, DONT_WAIT);
    } while (size < 0 && this.#isInDoubt());
    return size >= 0 ? size : this.#refused("zmq_recv");
  }

  /** Sends a topic and a payload as one message. False when there is no room, or nobody to queue for. */
  sendPair(topic: Uint8Array<ArrayBuffer>, payload: Uint8Array): boolean {
    if (this.#sendFrame(topic, DONT_WAIT | SEND_MORE) < 0) {
      this.#refused("zmq_send");
      return false;
    }
    if (this.#sendFrame(payload, DONT_WAIT) < 0) throw this.#error("zmq_send", this.#errno);
    return true;
  }

  /** Sends a frame as one message. False when there is no room, or nobody to queue for. */
  send(frame: Uint8Array<ArrayBuffer>): boolean {
    return this.#sendFrame(frame, DONT_WAIT) >= 0 || this.#refused("zmq_send") >= 0;
  }

  #sendFrame(frame: Uint8Array, flags: number): number {
    const octets = frame as Uint8Array<ArrayBuffer>;
    const size = BigInt(octets.length);
    let sent: number;
    do {
      sent = this.#symbols.zmq_send(this.#pointer, octets, size, flags);
    } while (sent < 0 && this.#isInDoubt());
    return sent;
  }

  /** As {@linkcode sendPair}, to a peer by its identity. */
  sendTo(identity: Uint8Array<ArrayBuffer>, frame: Uint8Array<ArrayBuffer>): Delivery {
    try {
      return this.sendPair(identity, frame) ? "sent" : "full";
    } catch (error) {
      if (error instanceof ZmqError && error.errno === EHOSTUNREACH) return "gone";
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

  /** Whether to repeat a call that failed: after a signal, or as the runtime has changed errno. */
  #isInDoubt(): boolean {
    this.#errno = this.#symbols.zmq_errno();
    if (this.#errno === EINTR) return true;
    this.#doubts = this.#errno === EAGAIN || this.#errno === EHOSTUNREACH ? 0 : this.#doubts + 1;
    return this.#doubts % FAILURES_BELIEVED !== 0;
  }

  #refused(call: string): -1 {
    if (this.#errno === EAGAIN) return -1;
    throw this.#error(call, this.#errno);
  }

  #check(call: string, result: number): void {
    if (result !== 0) throw this.#error(call);
  }

  #error(call: string, errno?: number): ZmqError {
    return zmqError(this.#symbols, call, errno);
  }
}
