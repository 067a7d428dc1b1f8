import { cString } from "../libc.ts";
import type { LibzmqSymbols } from "./libzmq_library.ts";
import { OPTION } from "./zmq_h.ts";

const DONT_WAIT = 1;
const SEND_MORE = 2;
const EINTR = 4;
const EAGAIN = 11;
/** Number of consecutive failures after which any other errno counts as an error. */
const FAILURES_BELIEVED = 3;
const EVENT_IN = 1;
const LAST_ENDPOINT_BYTES = 1024;

/** A failed call of libzmq, with its errno and libzmq's text for it. */
export class ZmqError extends Error {
  override readonly name = "ZmqError";
  readonly errno: number;

  constructor(symbols: LibzmqSymbols, errno = symbols.zmq_errno()) {
    const text = symbols.zmq_strerror(errno);
    super(text === null ? String(errno) : new Deno.UnsafePointerView(text).getCString());
    this.errno = errno;
  }
}

/** One context of libzmq: an I/O thread and its sockets. */
export class ZmqContext {
  readonly #symbols: LibzmqSymbols;
  readonly #pointer: Deno.PointerValue;

  /** @throws {ZmqError} if the process has no descriptors left */
  constructor(symbols: LibzmqSymbols) {
    this.#symbols = symbols;
    this.#pointer = symbols.zmq_ctx_new();
    if (this.#pointer === null) throw new ZmqError(symbols);
  }

  socket(type: number): ZmqSocket {
    const pointer = this.#symbols.zmq_socket(this.#pointer, type);
    if (pointer === null) throw new ZmqError(this.#symbols);
    return new ZmqSocket(this.#symbols, pointer);
  }

  /**
   * Waits until every socket, all closed before, has sent its queue or its linger time has expired.
   */
  async terminate(): Promise<void> {
    // It fails only if a signal interrupts it.
    while (await this.#symbols.zmq_ctx_term(this.#pointer) !== 0);
  }
}

/** One socket of libzmq. No call on it blocks. */
export class ZmqSocket {
  readonly #symbols: LibzmqSymbols;
  readonly #pointer: Deno.PointerValue;
  readonly #int = new Int32Array(1);
  readonly #intSize = new BigUint64Array([4n]);
  #failures = 0;

  constructor(symbols: LibzmqSymbols, pointer: Deno.PointerValue) {
    this.#symbols = symbols;
    this.#pointer = pointer;
  }

  set(option: number, value: number | BigInt64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>): void {
    const bytes = typeof value === "number" ? new Int32Array([value]) : value;
    const { zmq_setsockopt } = this.#symbols;
    this.#call(() => zmq_setsockopt(this.#pointer, option, bytes, BigInt(bytes.byteLength)));
  }

  getInt(option: number): number {
    const { zmq_getsockopt } = this.#symbols;
    this.#call(() => zmq_getsockopt(this.#pointer, option, this.#int, this.#intSize));
    return this.#int[0] ?? 0;
  }

  /** Whether another frame follows the last received one. */
  get more(): boolean {
    return this.getInt(OPTION.receiveMore) !== 0;
  }

  /** Whether there is a message; libzmq also does the due work of the socket. */
  hasMessage(): boolean {
    return (this.getInt(OPTION.events) & EVENT_IN) !== 0;
  }

  /** The bound address, with wildcards replaced. */
  lastEndpoint(): string {
    const text = new Uint8Array(LAST_ENDPOINT_BYTES);
    const size = new BigUint64Array([BigInt(text.length)]);
    const { zmq_getsockopt } = this.#symbols;
    this.#call(() => zmq_getsockopt(this.#pointer, OPTION.lastEndpoint, text, size));
    return new TextDecoder().decode(text.subarray(0, Number(size[0]) - 1));
  }

  bind(address: string): void {
    this.#call(() => this.#symbols.zmq_bind(this.#pointer, cString(address)));
  }

  connect(address: string): void {
    this.#call(() => this.#symbols.zmq_connect(this.#pointer, cString(address)));
  }

  /** Sends connection events to `address` (inproc); undefined turns them off. */
  monitor(address: string | undefined, events: number): void {
    const at = address === undefined ? null : cString(address);
    this.#call(() => this.#symbols.zmq_socket_monitor(this.#pointer, at, events));
  }

  /** Receives a frame, truncated to fit. @returns its full size, or -1 without a frame */
  receive(into: Uint8Array<ArrayBuffer>): number {
    const size = BigInt(into.length);
    return this.#call(() => this.#symbols.zmq_recv(this.#pointer, into, size, DONT_WAIT));
  }

  /** Sends a topic and a payload as one message. Returns false if there is no room, or no peer. */
  sendPair(topic: Uint8Array<ArrayBuffer>, payload: Uint8Array): boolean {
    if (this.#send(topic, DONT_WAIT | SEND_MORE) < 0) return false;
    if (this.#send(payload, DONT_WAIT) < 0) throw new ZmqError(this.#symbols, EAGAIN);
    return true;
  }

  #send(frame: Uint8Array, flags: number): number {
    const bytes = frame as Uint8Array<ArrayBuffer>;
    const size = BigInt(bytes.length);
    return this.#call(() => this.#symbols.zmq_send(this.#pointer, bytes, size, flags));
  }

  /** Closes the socket; the context sends its queue within the linger time. */
  close(lingerMs: number): void {
    this.set(OPTION.linger, lingerMs);
    this.#symbols.zmq_close(this.#pointer);
  }

  /**
   * The result of a call; -1 if it would block. A failed call is repeated after a signal, and if
   * the runtime may have changed errno before it was read.
   */
  #call(call: () => number): number {
    for (;;) {
      const result = call();
      if (result >= 0) return result;
      const errno = this.#symbols.zmq_errno();
      if (errno === EAGAIN) return -1;
      if (errno === EINTR || ++this.#failures % FAILURES_BELIEVED !== 0) continue;
      throw new ZmqError(this.#symbols, errno);
    }
  }
}
