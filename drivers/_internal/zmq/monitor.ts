import type { ZmqContext, ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";

/** What happened to a connection of a monitored socket. */
export interface ConnectionEvent {
  /** A connection ends as `refused` when its handshake failed, else as `closed`; never as both. */
  readonly kind:
    | "accepted"
    | "connected"
    | "ready"
    | "refused"
    | "closed"
    | "retrying"
    | "unbound";
  readonly address: string;
  /** The connection's file descriptor; of `retrying` the delay in milliseconds; of `ready` nothing. */
  readonly fd: number;
}

// Bits of ZMQ_EVENT_* in zmq.h; "refused" gathers the three ways a handshake can fail. libzmq
// tells of the failure first and then, with the descriptor, of the end of that connection.
const KINDS: ReadonlyMap<number, ConnectionEvent["kind"]> = new Map([
  [0x0001, "connected"],
  [0x0004, "retrying"],
  [0x0020, "accepted"],
  [0x0080, "unbound"],
  [0x0100, "unbound"],
  [0x0200, "closed"],
  [0x0800, "refused"],
  [0x1000, "ready"],
  [0x2000, "refused"],
  [0x4000, "refused"],
]);
const WANTED = [...KINDS.keys()].reduce((bits, bit) => bits | bit, 0);
const ADDRESS_BYTES = 1024;
const NO_BOUND = 0;

let monitors = 0;

/**
 * Tells of connections that a socket makes and loses.
 *
 * libzmq's I/O thread hands each event over in a send that waits: for room, and for ever when
 * nobody is there to read. All sockets of the context would stand still with it. So the queue has
 * no bound, and the socket must stop telling before its listener goes.
 */
export class ZmqMonitor {
  readonly #socket: ZmqSocket;
  readonly #pair: ZmqSocket;
  readonly #head = new Uint8Array(6);
  readonly #address = new Uint8Array(ADDRESS_BYTES);
  #refusing = false;

  constructor(context: ZmqContext, socket: ZmqSocket) {
    this.#socket = socket;
    this.#pair = context.socket(SOCKET_TYPE.pair);
    try {
      this.#listen(`inproc://monitor-${++monitors}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #listen(address: string): void {
    this.#socket.monitor(address, WANTED);
    this.#pair.setInt(OPTION.receiveHighWaterMark, NO_BOUND);
    this.#pair.connect(address);
  }

  get fd(): number {
    return this.#pair.getInt(OPTION.fd);
  }

  /** What has happened since the last call. */
  *read(): Generator<ConnectionEvent> {
    while (this.#pair.receive(this.#head) >= 0) {
      const length = Math.min(this.#pair.receive(this.#address), ADDRESS_BYTES);
      const view = new DataView(this.#head.buffer);
      const kind = KINDS.get(view.getUint16(0, true));
      if (kind === "refused") this.#refusing = true;
      if (kind === undefined || kind === "refused") continue;
      const address = new TextDecoder().decode(this.#address.subarray(0, Math.max(length, 0)));
      yield { kind: this.#endingOf(kind), address, fd: view.getInt32(2, true) };
    }
  }

  #endingOf(kind: ConnectionEvent["kind"]): ConnectionEvent["kind"] {
    if (kind !== "closed" || !this.#refusing) return kind;
    this.#refusing = false;
    return "refused";
  }

  /** To be called before its socket is closed. */
  close(): void {
    this.#socket.stopMonitor();
    this.#pair.close(0);
  }
}
