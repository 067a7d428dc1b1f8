import { DriverError } from "../contract/errors.ts";
import type { WaitOptions } from "../contract/waiting.ts";
import {
  MOST_REQUESTS_UNDER_WAY,
  type Requester,
  type RequestHandler,
  type RequestReply,
  type Responder,
} from "../contract/requests.ts";
import { Notifier } from "./notifier.ts";

const SCHEME = "memory:";
/** What a request or an answer may hold beside the largest event. */
const ROOM_BYTES = 64 * 1024;
const TIMEOUT_MS = 5_000;

/** The responders there are, in the order in which they came. */
class Hub {
  readonly maxBytes: number;
  readonly handlers = new Map<string, RequestHandler>();
  readonly changed = new Notifier();
  #responders = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  newAddress(): string {
    return `${SCHEME}ask-${++this.#responders}`;
  }

  /** The handler at an address, or the first that there is. */
  handlerAt(address: string | undefined): RequestHandler | undefined {
    return address === undefined ? this.handlers.values().next().value : this.handlers.get(address);
  }
}

/** Questions and answers inside a process, between the responders and requesters that it opened. */
export function memoryRequests(maxEventBytes: number): RequestReply {
  const hub = new Hub(maxEventBytes + ROOM_BYTES);
  return {
    maxBytes: hub.maxBytes,
    openResponder: (handler) => Promise.resolve(openResponder(hub, handler)),
    openRequester: (address) => Promise.resolve().then(() => new MemoryRequester(hub, address)),
  };
}

function openResponder(hub: Hub, handler: RequestHandler): Responder {
  const address = hub.newAddress();
  hub.handlers.set(address, handler);
  hub.changed.notify();
  const dispose = () => {
    hub.handlers.delete(address);
    return Promise.resolve();
  };
  return { address, [Symbol.asyncDispose]: dispose };
}

class MemoryRequester implements Requester {
  readonly #hub: Hub;
  readonly #address: string | undefined;
  #underWay = 0;
  #isClosed = false;

  constructor(hub: Hub, address: string | undefined) {
    this.#hub = hub;
    this.#address = address;
    if (address === undefined || address.startsWith(SCHEME)) return;
    const message = `Cannot ask "${address}": its responders are all in this process`;
    throw new DriverError("ADDRESS_INVALID", message);
  }

  async request(request: Uint8Array, options: WaitOptions): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    this.#check(request);
    this.#underWay++;
    try {
      return await this.#exchange(request.slice(), { timeoutMs: TIMEOUT_MS, ...options });
    } finally {
      this.#underWay--;
    }
  }

  async #exchange(request: Uint8Array, options: WaitOptions): Promise<Uint8Array> {
    let answer: Uint8Array | undefined;
    let isAsked = false;
    const isAnswered = () => {
      this.#refuseWhenClosed();
      const handler = isAsked ? undefined : this.#hub.handlerAt(this.#address);
      if (handler === undefined) return answer !== undefined;
      isAsked = true;
      void this.#ask(handler, request).then((given) => {
        answer = given;
        this.#hub.changed.notify();
      });
      return false;
    };
    await this.#hub.changed.until(isAnswered, options);
    if (answer !== undefined) return answer;
    const where = `"${this.#name}": waited ${(options.timeoutMs ?? Infinity) / 1000} s`;
    if (isAsked) throw new DriverError("SEND_TIMEOUT", `No answer from ${where}`);
    throw new DriverError("NO_RESPONDER", `There is nobody to ask at ${where}`);
  }

  /** What the handler answers, if that is an answer. */
  async #ask(handler: RequestHandler, request: Uint8Array): Promise<Uint8Array | undefined> {
    const answer = await handler(request);
    return answer !== undefined && answer.length <= this.#hub.maxBytes ? answer.slice() : undefined;
  }

  #check(request: Uint8Array): void {
    this.#refuseWhenClosed();
    const { maxBytes } = this.#hub;
    const refuse = (code: "FRAME_TOO_LARGE" | "SEND_TIMEOUT", is: string) => {
      throw new DriverError(code, `Cannot send a request to "${this.#name}": ${is}`);
    };
    if (request.length > maxBytes) {
      refuse("FRAME_TOO_LARGE", `${request.length} octets, wanted at most ${maxBytes}`);
    }
    if (this.#underWay >= MOST_REQUESTS_UNDER_WAY) {
      refuse("SEND_TIMEOUT", `${MOST_REQUESTS_UNDER_WAY} requests are under way already`);
    }
  }

  #refuseWhenClosed(): void {
    if (!this.#isClosed) return;
    throw new DriverError("CLOSED", `Cannot ask "${this.#name}": the requester is closed`);
  }

  get #name(): string {
    return this.#address ?? SCHEME;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#hub.changed.notify();
    return Promise.resolve();
  }
}
