import { messageOf } from "../../contract/errors.ts";
import { inNextTurn } from "../../contract/next_turn.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import type { RequestHandler, Responder } from "../../contract/requests.ts";
import { ZmqEngine } from "./engine.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { OPTION, SOCKET_TYPE } from "./zmq_h.ts";
import { boundReceiving } from "./receive_bound.ts";
import { REQUEST_ID_BYTES } from "./request_frame.ts";

/** What a {@linkcode RouterResponder} is opened with. */
export interface RouterOptions {
  /** As a socket is configured for: it says whether IPv6 or a path is meant. */
  readonly address: string;
  /** The most octets of a request or an answer. */
  readonly maxBytes: number;
  /** Binds the socket; what it throws is what opening throws. */
  readonly bind: (socket: ZmqSocket) => void;
  /** Called when the socket is closed. */
  readonly onClosed?: () => void;
}

const MOST_UNDER_WAY = 1_024;
/** For each requester: what waits to be read, and answers that it has not taken. */
const QUEUE = 64;
const ANSWERS = 1_024;
const IDENTITY_BYTES = 255;
const REQUESTS_PER_TURN = 64;
const LINGER_MS = 200;
const NOTHING = new Uint8Array(0);

/**
 * Answers the requests of any number of requesters on one ROUTER socket.
 *
 * While too many requests are under way it reads no more. What is no request, and answers that
 * their requester has no room for or did not wait for, are counted and dropped.
 */
export class RouterResponder implements Responder {
  readonly address: string;
  readonly #driver: DriverContext;
  readonly #engine: ZmqEngine;
  readonly #socket: ZmqSocket;
  readonly #handler: RequestHandler;
  readonly #options: RouterOptions;
  readonly #identity = new Uint8Array(IDENTITY_BYTES);
  readonly #request: Uint8Array<ArrayBuffer>;
  #underWay = 0;
  #dropped = 0;
  #readDue = false;
  #closing: Promise<void> | undefined;

  /** @throws what `options.bind` throws, and {@linkcode DriverError} `LIBRARY_UNUSABLE` */
  static async open(
    driver: DriverContext,
    handler: RequestHandler,
    options: RouterOptions,
  ): Promise<RouterResponder> {
    const engine = new ZmqEngine(driver);
    try {
      return new RouterResponder(driver, engine, { ...options, handler });
    } catch (error) {
      await engine.close(0);
      throw error;
    }
  }

  private constructor(
    driver: DriverContext,
    engine: ZmqEngine,
    options: RouterOptions & { readonly handler: RequestHandler },
  ) {
    this.#driver = driver;
    this.#engine = engine;
    this.#options = options;
    this.#handler = options.handler;
    this.#request = new Uint8Array(REQUEST_ID_BYTES + options.maxBytes);
    this.#socket = engine.socket(SOCKET_TYPE.router, options.address, {
      onReady: () => this.#read(),
      onConnection: () => {},
    });
    this.#configure();
    options.bind(this.#socket);
    this.address = this.#socket.lastEndpoint();
  }

  // Mandatory: otherwise an answer that nobody gets would pass for one that was sent.
  #configure(): void {
    this.#socket.setInt(OPTION.routerMandatory, 1);
    boundReceiving(this.#socket, this.#options.address, QUEUE);
    this.#socket.setInt(OPTION.sendHighWaterMark, ANSWERS);
    this.#socket.setInt64(OPTION.maxMessageBytes, REQUEST_ID_BYTES + this.#options.maxBytes);
  }

  #read(): void {
    for (let count = 0; count < REQUESTS_PER_TURN; count++) {
      if (this.#closing !== undefined || this.#underWay >= MOST_UNDER_WAY) return;
      const identityBytes = this.#socket.receive(this.#identity);
      if (identityBytes < 0) return;
      this.#takeRequest(this.#identity.slice(0, identityBytes));
    }
    this.#readSoon();
  }

  // A requester that never stops must let others have their turn.
  #readSoon(): void {
    if (this.#readDue) return;
    this.#readDue = true;
    inNextTurn(() => {
      this.#readDue = false;
      this.#read();
    });
  }

  #takeRequest(identity: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#socket.more ? this.#socket.receive(this.#request) : 0;
    const isOneFrame = !this.#socket.more;
    while (this.#socket.more) this.#socket.receive(NOTHING);
    if (!isOneFrame || bytes < REQUEST_ID_BYTES || bytes > this.#request.length) {
      return this.#drop("what is no request");
    }
    const frame = this.#request.subarray(0, bytes);
    const id = frame.slice(0, REQUEST_ID_BYTES);
    void this.#answer(frame.subarray(REQUEST_ID_BYTES), { identity, id });
  }

  async #answer(body: Uint8Array, asker: Asker): Promise<void> {
    this.#underWay++;
    try {
      const answer = await this.#handler(body);
      if (answer !== undefined) this.#send(answer, asker);
    } catch (error) {
      this.#drop(`a request that could not be answered, ${messageOf(error)}`);
    } finally {
      if (this.#underWay-- === MOST_UNDER_WAY) this.#readSoon();
    }
  }

  #send(answer: Uint8Array, { identity, id }: Asker): void {
    if (this.#closing !== undefined) return;
    if (answer.length > this.#options.maxBytes) {
      return this.#drop(`an answer of ${answer.length} octets`);
    }
    const frame = new Uint8Array(REQUEST_ID_BYTES + answer.length);
    frame.set(id);
    frame.set(answer, REQUEST_ID_BYTES);
    if (!this.#socket.sendTo(identity, frame)) {
      // A requester that has ended meanwhile is nothing to be warned of.
      this.#drop("an answer that its requester did not wait for", "debug");
    }
    // Sending also takes in the wake-up of a request that has come.
    this.#readSoon();
  }

  /** One line each time the count has another digit. */
  #drop(what: string, level: "debug" | "warn" = "warn"): void {
    this.#dropped++;
    if (!/^10*$/.test(String(this.#dropped))) return;
    this.#driver.log[level](`At ${this.address}: dropped ${what}; ${this.#dropped} so far`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#engine.close(LINGER_MS);
    this.#options.onClosed?.();
  }
}

/** Who asked, and which of its requests. */
interface Asker {
  readonly identity: Uint8Array<ArrayBuffer>;
  readonly id: Uint8Array;
}
