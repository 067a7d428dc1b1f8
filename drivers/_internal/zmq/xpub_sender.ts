import { FlowWatch } from "./flow_watch.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION } from "./zmq_h.ts";
import { Patience } from "./patience.ts";
import type { TcpQueue } from "./tcp_queue.ts";

/** What an {@linkcode XpubSender} works with. */
export interface XpubSenderOptions {
  /** Longest that a slow subscriber may hold up the others. */
  readonly slowSubscriberWaitMs: number;
  /** Descriptors of the connections that there are now. */
  readonly connections: () => Iterable<number>;
  /** What the kernel still has to send on a connection. */
  readonly queueOf: (fd: number) => TcpQueue;
}

/** A topic and a payload, as they go out. */
export interface OutgoingFrame {
  readonly topic: string;
  /** The topic in UTF-8. */
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly payload: Uint8Array;
}

/**
 * Sends on an XPUB socket, and decides what a full queue means.
 *
 * The socket refuses a frame as long as the queue of a subscriber that wants it is full. Once
 * patience is over the frame goes to those who have room. From then on libzmq passes the full
 * queue over, for frames of any topic, until its subscriber has read half of it, and says nothing:
 * so until all connections are seen to flow again, every frame may be missed by someone.
 */
export class XpubSender {
  readonly #socket: ZmqSocket;
  readonly #options: XpubSenderOptions;
  readonly #patience: Patience;
  #watch: FlowWatch | undefined;

  constructor(socket: ZmqSocket, options: XpubSenderOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#patience = new Patience(options.slowSubscriberWaitMs);
    this.#refuseWhenFull(true);
  }

  /** False while a subscriber is too slow, for as long as that may hold up the others. */
  trySend(frame: OutgoingFrame): boolean {
    if (this.#sendToEligible(frame)) return true;
    if (this.#watch === undefined && this.#mayWait()) return false;
    this.#sendLossily(frame);
    return true;
  }

  /** Sends to those who have room: the wait is over. */
  send(frame: OutgoingFrame): void {
    if (!this.#sendToEligible(frame)) this.#sendLossily(frame);
  }

  /** How long a frame that was just refused may wait for room. */
  get waitMs(): number {
    return this.#patience.wait();
  }

  /** A connection has ended, and its queue with it. */
  forget(fd: number): void {
    this.#watch?.forget(fd);
  }

  close(): void {
    this.#watch?.close();
  }

  // When the kernel has sent everything, the queue is full because libzmq's own thread is behind.
  #mayWait(): boolean {
    if (this.#patience.wait() > 0) return true;
    const { connections, queueOf } = this.#options;
    for (const fd of connections()) if (queueOf(fd).notSent > 0) return false;
    return this.#patience.excuse();
  }

  #sendToEligible({ octets, payload }: OutgoingFrame): boolean {
    if (!this.#sendPair(octets, payload)) return false;
    if (this.#patience.isWaiting) this.#patience.end();
    return true;
  }

  // What a subscriber has read libzmq learns when it looks, and it looks rarely while sending.
  #sendPair(octets: Uint8Array<ArrayBuffer>, payload: Uint8Array): boolean {
    if (this.#socket.sendPair(octets, payload)) return true;
    this.#socket.events();
    return this.#socket.sendPair(octets, payload);
  }

  #sendLossily({ octets, payload }: OutgoingFrame): void {
    this.#patience.end();
    this.#refuseWhenFull(false);
    this.#socket.sendPair(octets, payload);
    this.#refuseWhenFull(true);
    this.#beginWatch();
  }

  #refuseWhenFull(isOn: boolean): void {
    this.#socket.setInt(OPTION.xpubNoDrop, isOn ? 1 : 0);
  }

  // Whose queue was full is not known: so each connection has to prove that its own is not.
  #beginWatch(): void {
    this.#watch?.close();
    this.#watch = new FlowWatch(this.#options.connections(), {
      queueOf: this.#options.queueOf,
      onFlowing: () => this.#watch = undefined,
    });
  }
}
