import { messageOf } from "../../contract/errors.ts";
import type { DriverContext } from "../../contract/pubsub.ts";
import {
  MOST_REQUESTS_UNDER_WAY,
  type RequestHandler,
  type Responder,
} from "../../contract/requests.ts";
import { FairPlaces } from "../fair_places.ts";
import { Notifier } from "../notifier.ts";
import { TurnByTurn } from "../turn_by_turn.ts";
import { type AnswerAddress, AnswerQueues } from "./answer_queues.ts";
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

/** Requests under way: half of them are for askers that have no other. */
const UNDER_WAY = { places: 4_096, each: 512 };
/** For each requester: what waits to be read. */
const QUEUE = 64;
/** For each requester: answers of any size that libzmq keeps. */
const ANSWERS = 4;
/** For all requesters together: answers of the greatest size that wait beside those. */
const WAITING = 64;
/** So long nothing of what waits is read, and its requester is given up. */
const GIVE_UP_AFTER_MS = 5_000;
const IDENTITY_BYTES = 255;
const REQUESTS_PER_TURN = 64;
const FLUSH_AGAIN_MS = 20;
const LINGER_MS = 200;
const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder("latin1");

/**
 * Answers the requests of any number of requesters on one ROUTER socket.
 *
 * A requester that reads gets the answers to as many requests as it may have under way, whatever
 * their size, unless others that read at least now and then have used up the room for all. For one
 * that does not read no more than so many wait, for a few seconds, beside the few that libzmq has
 * taken. Requests and answers beyond these bounds, like what is no request, are counted and dropped:
 * who asked is not told, and asks again or not when its time is over.
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
  readonly #underWay = new FairPlaces(UNDER_WAY);
  readonly #answers: AnswerQueues;
  readonly #reading = new TurnByTurn(REQUESTS_PER_TURN, () => this.#readOne());
  readonly #flushed = new Notifier();
  #flushDue: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;
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
      onReady: () => this.#onReady(),
      onConnection: () => {},
    });
    this.#configure();
    this.#answers = new AnswerQueues((identity, frame) => this.#socket.sendTo(identity, frame), {
      maxFrameOctets: REQUEST_ID_BYTES + options.maxBytes,
      each: MOST_REQUESTS_UNDER_WAY,
      all: WAITING,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
      onLost: (why) => this.#drop(`an answer that waited, ${why}`),
    });
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

  #onReady(): void {
    this.#reading.run();
    this.#flush();
  }

  // Room for an asker is told by a wake-up, which whatever else is done with the socket may take in:
  // so it is also looked for now and then. The same goes for requests.
  #flush(): void {
    if (this.#answers.isEmpty) return;
    this.#answers.flush();
    this.#reading.runSoon();
    if (this.#answers.isEmpty) this.#flushed.notify();
    else this.#flushLater();
  }

  #flushLater(): void {
    this.#flushDue ??= setTimeout(() => {
      this.#flushDue = undefined;
      this.#flush();
    }, FLUSH_AGAIN_MS);
  }

  #readOne(): boolean {
    if (this.#closing !== undefined) return false;
    const bytes = this.#socket.receive(this.#identity);
    if (bytes < 0) return false;
    this.#takeRequest(this.#identity.slice(0, bytes));
    return true;
  }

  #takeRequest(identity: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#socket.more ? this.#socket.receive(this.#request) : 0;
    const isOneFrame = !this.#socket.more;
    while (this.#socket.more) this.#socket.receive(NOTHING);
    if (!isOneFrame || bytes < REQUEST_ID_BYTES || bytes > this.#request.length) {
      return this.#drop("what is no request");
    }
    const asker = { identity, name: decoder.decode(identity) };
    if (this.#answers.isBehind(asker)) return this.#drop("a request whose answer has no room");
    if (!this.#underWay.take(asker.name)) return this.#drop("a request too many of its requester");
    const frame = this.#request.subarray(0, bytes);
    const id = frame.slice(0, REQUEST_ID_BYTES);
    void this.#answer(frame.subarray(REQUEST_ID_BYTES), { ...asker, id });
  }

  async #answer(body: Uint8Array, asker: Asker): Promise<void> {
    try {
      const answering = this.#handler(body);
      // What is there at once is sent at once: of the answers of a whole turn most may have no room.
      const answer = answering instanceof Promise ? await answering : answering;
      if (answer !== undefined) this.#send(answer, asker);
    } catch (error) {
      this.#drop(`a request that could not be answered, ${messageOf(error)}`);
    } finally {
      this.#underWay.giveBack(asker.name);
    }
  }

  #send(answer: Uint8Array, asker: Asker): void {
    if (this.#closing !== undefined) return;
    if (answer.length > this.#options.maxBytes) {
      return this.#drop(`an answer of ${answer.length} octets`);
    }
    const frame = new Uint8Array(REQUEST_ID_BYTES + answer.length);
    frame.set(asker.id);
    frame.set(answer, REQUEST_ID_BYTES);
    const delivery = this.#answers.send(asker, frame);
    if (delivery === "full") this.#drop("an answer that has no room");
    // A requester that has ended meanwhile is nothing to be warned of.
    if (delivery === "gone") this.#drop("an answer that its requester did not wait for", "debug");
    // Sending also takes in the wake-up of a request that has come.
    this.#reading.runSoon();
    if (!this.#answers.isEmpty) this.#flushLater();
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
    await this.#flushed.until(() => this.#answers.isEmpty, { timeoutMs: LINGER_MS });
    // A wake-up that comes while the socket is closed must find nothing to send.
    this.#answers.clear();
    clearTimeout(this.#flushDue);
    await this.#engine.close(LINGER_MS);
    this.#options.onClosed?.();
  }
}

/** Who asked, and which of its requests. */
interface Asker extends AnswerAddress {
  readonly id: Uint8Array;
}
