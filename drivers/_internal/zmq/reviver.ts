import type { ZmqSocket } from "./libzmq.ts";
import type { ConnectionEvent } from "./monitor.ts";

const LOOK_AFTER_MS = 500;

/**
 * Connects again where libzmq does not: after a peer that broke the protocol, for instance by a
 * message far over the limit, it gives an address up for good and never says so.
 */
export class Reviver {
  readonly #socket: ZmqSocket;
  readonly #address: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: ZmqSocket, address: string) {
    this.#socket = socket;
    this.#address = address;
  }

  /** Wants to hear of every event of the connection. */
  onConnection({ kind }: ConnectionEvent): void {
    clearTimeout(this.#timer);
    if (kind !== "closed" && kind !== "refused") return;
    // By then the reader has what came before; to disconnect throws away what is unread.
    this.#timer = setTimeout(() => this.#connectAgain(), LOOK_AFTER_MS);
  }

  #connectAgain(): void {
    this.#socket.disconnect(this.#address);
    this.#socket.connect(this.#address);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
