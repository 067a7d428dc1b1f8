import type { ZmqContext, ZmqSocket } from "./libzmq_socket.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";

/** A change of a connection. */
export interface ConnectionEvent {
  readonly kind: "accepted" | "connected" | "ready" | "closed";
  readonly address: string;
  /** The connection's descriptor; meaningless for `ready`. */
  readonly fd: number;
}

// Bits of ZMQ_EVENT_* in zmq.h.
const KINDS: ReadonlyMap<number, ConnectionEvent["kind"]> = new Map([
  [0x0001, "connected"],
  [0x0020, "accepted"],
  [0x0200, "closed"],
  [0x1000, "ready"],
]);
const WANTED = [...KINDS.keys()].reduce((bits, bit) => bits | bit, 0);
const ADDRESS_BYTES = 1024;

let monitors = 0;

/** The connection events of a socket. */
export class ZmqMonitor {
  readonly #socket: ZmqSocket;
  readonly #pair: ZmqSocket;
  readonly #head = new Uint8Array(6);
  readonly #address = new Uint8Array(ADDRESS_BYTES);

  constructor(context: ZmqContext, socket: ZmqSocket) {
    this.#socket = socket;
    this.#pair = context.socket(SOCKET_TYPE.pair);
    const address = `inproc://monitor-${++monitors}`;
    try {
      socket.monitor(address, WANTED);
      // libzmq's own thread would block here, and with it all sockets, so there is no limit.
      this.#pair.set(OPTION.receiveHighWaterMark, 0);
      this.#pair.connect(address);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#pair.getInt(OPTION.fd);
  }

  /** The events since the last call. */
  *read(): Generator<ConnectionEvent> {
    while (this.#pair.receive(this.#head) >= 0) {
      const length = this.#pair.receive(this.#address);
      const view = new DataView(this.#head.buffer);
      const kind = KINDS.get(view.getUint16(0, true));
      if (kind === undefined) continue;
      const address = new TextDecoder().decode(this.#address.subarray(0, Math.max(0, length)));
      yield { kind, address, fd: view.getInt32(2, true) };
    }
  }

  /** Closes the monitor. Must be called before the socket is closed. */
  close(): void {
    this.#socket.monitor(undefined, 0);
    this.#pair.close(0);
  }
}
