import { DriverError } from "../../contract/errors.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { MOST_REQUESTS_UNDER_WAY, type Requester } from "../../contract/requests.ts";
import { Notifier } from "../notifier.ts";
import { TurnByTurn } from "../turn_by_turn.ts";
import { ZmqEngine } from "./engine.ts";
import { addressError } from "./address_error.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import type { ConnectionEvent } from "./monitor.ts";
import { REQUEST_ID_BYTES, requestFrame, requestId } from "./request_frame.ts";
import { boundReceiving } from "./receive_bound.ts";
import { listenerFault } from "../local_socket/listener_trust.ts";
import { peerUid } from "../local_socket/system_calls.ts";
import { KernelSockets } from "./kernel_sockets.ts";
import { Reviver } from "./reviver.ts";

/** What a {@linkcode DealerRequester} is opened with. */
export interface DealerOptions {
  readonly address: string;
  /** The most octets of a request or an answer. */
  readonly maxBytes: number;
}

const LONGEST_BACKOFF_MS = 200;
const TIMEOUT_MS = 5_000;
/**
 * Requests that wait to go out: far more than are under way, because libzmq tells late of the room
 * that it has, and not every time.
 */
const SENDING = 256;
/** Answers that wait to be read. */
const QUEUE = 64;
const ANSWERS_PER_TURN = 512;
const NOTHING = new Uint8Array(0);

interface Pending {
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Whether it went out on the connection that there is. */
  isSent: boolean;
  /** Whether anything took a connection since it was made; one that hangs may take no request. */
  isAnybodyThere: boolean;
  answer: Uint8Array | undefined;
  readonly changed: Notifier;
}

/**
 * Asks one responder, through a DEALER socket. Only a connection that stands takes a request, so
 * none is delivered long after its requester has given it up; what a lost connection had taken is
 * asked again on the next.
 */
export class DealerRequester implements Requester {
  readonly #engine: ZmqEngine;
  readonly #socket: ZmqSocket;
  readonly #reviver: Reviver;
  readonly #options: DealerOptions;
  readonly #answer: Uint8Array<ArrayBuffer>;
  readonly #pending = new Map<bigint, Pending>();
  readonly #reading = new TurnByTurn(ANSWERS_PER_TURN, () => this.#readOne());
  #lastId = 0n;
  #isAnybodyThere = false;
  /** A connection has ended, and there was none since. */
  #isInDoubt = false;
  #closing: Promise<void> | undefined;

  /** @throws {DriverError} `ADDRESS_INVALID`, `LIBRARY_UNUSABLE` */
  static async open(driver: DriverContext, options: DealerOptions): Promise<DealerRequester> {
    const engine = new ZmqEngine(driver);
    try {
      return new DealerRequester(engine, options);
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  private constructor(engine: ZmqEngine, options: DealerOptions) {
    const { address, maxBytes } = options;
    this.#engine = engine;
    this.#options = options;
    this.#answer = new Uint8Array(REQUEST_ID_BYTES + maxBytes);
    this.#socket = engine.socket(SOCKET_TYPE.dealer, address, {
      onReady: () => this.#onReady(),
      onConnection: (event) => this.#onConnection(event),
    });
    this.#reviver = new Reviver(this.#socket, address);
    this.#socket.setInt(OPTION.immediate, 1);
    // A service that comes back is taken for one that does not answer when it is not asked soon.
    this.#socket.setInt(OPTION.reconnectIntervalMaxMs, LONGEST_BACKOFF_MS);
    boundReceiving(this.#socket, address, QUEUE);
    this.#socket.setInt(OPTION.sendHighWaterMark, SENDING);
    this.#socket.setInt64(OPTION.maxMessageBytes, REQUEST_ID_BYTES + maxBytes);
    try {
      this.#socket.connect(address);
    } catch (error) {
      throw addressError("ask", address, error);
    }
  }

  async request(request: Uint8Array, options: WaitOptions): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    this.#check(request);
    const id = ++this.#lastId;
    const frame = requestFrame(id, request);
    const pending: Pending = {
      frame,
      isSent: false,
      isAnybodyThere: this.#isAnybodyThere,
      answer: undefined,
      changed: new Notifier(),
    };
    this.#pending.set(id, pending);
    try {
      return await this.#exchange(pending, { timeoutMs: TIMEOUT_MS, ...options });
    } finally {
      this.#pending.delete(id);
    }
  }

  async #exchange(pending: Pending, options: WaitOptions): Promise<Uint8Array> {
    const isAnswered = () => {
      this.#refuseWhenClosed();
      pending.isSent ||= this.#send(pending.frame);
      return pending.answer !== undefined;
    };
    await pending.changed.until(isAnswered, options);
    if (pending.answer !== undefined) return pending.answer;
    const where = `"${this.#options.address}": waited ${(options.timeoutMs ?? Infinity) / 1000} s`;
    if (pending.isAnybodyThere) throw new DriverError("SEND_TIMEOUT", `No answer from ${where}`);
    throw new DriverError("NO_RESPONDER", `There is nobody to ask at ${where}`);
  }

  #send(frame: Uint8Array<ArrayBuffer>): boolean {
    const isSent = this.#socket.send(frame);
    // Sending also takes in the wake-up of an answer that has come.
    queueMicrotask(() => this.#reading.run());
    return isSent;
  }

  #check(request: Uint8Array): void {
    this.#refuseWhenClosed();
    const { address, maxBytes } = this.#options;
    if (request.length > maxBytes) {
      const is = `${request.length} octets, wanted at most ${maxBytes}`;
      throw new DriverError("FRAME_TOO_LARGE", `Cannot send a request to "${address}": ${is}`);
    }
    if (this.#pending.size < MOST_REQUESTS_UNDER_WAY) return;
    const is = `${MOST_REQUESTS_UNDER_WAY} requests are under way already`;
    throw new DriverError("SEND_TIMEOUT", `Cannot send a request to "${address}": ${is}`);
  }

  #refuseWhenClosed(): void {
    if (this.#closing === undefined) return;
    const message = `Cannot ask "${this.#options.address}": the requester is closed`;
    throw new DriverError("CLOSED", message);
  }

  #onReady(): void {
    this.#reading.run();
    this.#wake();
  }

  /** Has those look again who could not send, or never will. */
  #wake(): void {
    for (const { isSent, changed } of this.#pending.values()) {
      if (!isSent || this.#closing !== undefined) changed.notify();
    }
  }

  #onConnection(event: ConnectionEvent): void {
    this.#reviver.onConnection(event);
    if (event.kind === "connected") this.#onConnected(event.fd);
    if (event.kind === "closed" || event.kind === "refused") this.#isAnybodyThere = false;
    if (event.kind === "closed") {
      this.#isInDoubt = true;
      this.#askAgain();
    }
    if (event.kind !== "ready") return;
    // After the end of a connection libzmq still takes requests for it, for a moment.
    if (this.#isInDoubt) this.#askAgain();
    this.#isInDoubt = false;
    this.#onReady();
  }

  #onConnected(fd: number): void {
    if (listenerFault(this.#options.address, peerUid(fd)) === undefined) this.#noteThere();
    else new KernelSockets(this.#engine.library.symbols).end(fd);
  }

  #noteThere(): void {
    this.#isAnybodyThere = true;
    for (const pending of this.#pending.values()) pending.isAnybodyThere = true;
  }

  /** A request that went out may be lost with its connection, or its answer. */
  #askAgain(): void {
    for (const pending of this.#pending.values()) pending.isSent = false;
  }

  // What was not asked for is late, or none.
  #readOne(): boolean {
    if (this.#closing !== undefined) return false;
    const bytes = this.#socket.receive(this.#answer);
    if (bytes < 0) return false;
    const isOneFrame = !this.#socket.more;
    while (this.#socket.more) this.#socket.receive(NOTHING);
    if (isOneFrame && bytes >= REQUEST_ID_BYTES && bytes <= this.#answer.length) {
      this.#settle(this.#answer.subarray(0, bytes));
    }
    return true;
  }

  #settle(frame: Uint8Array): void {
    const pending = this.#pending.get(requestId(frame));
    if (pending === undefined) return;
    pending.answer = frame.slice(REQUEST_ID_BYTES);
    pending.changed.notify();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    this.#wake();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#reviver.close();
    await this.#engine.close(0);
  }
}
