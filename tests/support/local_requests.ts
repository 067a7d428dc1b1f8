import { DriverError } from "../../drivers/contract/errors.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type {
  Requester,
  RequestHandler,
  RequestReply,
  Responder,
} from "../../drivers/contract/requests.ts";
import type { Clock } from "../../service/base/clock.ts";

/** Questions and answers within a test; a request without an answer ends by the test's clock. */
export class LocalRequests implements RequestReply {
  readonly maxBytes = 4096;
  /** How many requests were made. */
  asked = 0;
  readonly #clock: Pick<Clock, "sleep">;
  #handler: RequestHandler | undefined;

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  openResponder(handler: RequestHandler): Promise<Responder> {
    this.#handler = handler;
    const dispose = () => {
      this.#handler = undefined;
      return Promise.resolve();
    };
    return Promise.resolve({ address: "local:", [Symbol.asyncDispose]: dispose });
  }

  openRequester(): Promise<Requester> {
    const closed = new AbortController();
    const dispose = () => Promise.resolve(closed.abort(new DriverError("CLOSED", "closed")));
    return Promise.resolve({
      request: (request, options) => this.#request(request.slice(), options, closed.signal),
      [Symbol.asyncDispose]: dispose,
    });
  }

  async #request(
    request: Uint8Array,
    { timeoutMs = Infinity, signal }: WaitOptions,
    closed: AbortSignal,
  ): Promise<Uint8Array> {
    this.asked++;
    const over = new AbortController();
    const until = AbortSignal.any([over.signal, closed, ...(signal ? [signal] : [])]);
    const code = this.#handler === undefined ? "NO_RESPONDER" : "SEND_TIMEOUT";
    const late = this.#clock.sleep(timeoutMs, until).then(() => {
      throw new DriverError(code, `No answer: waited ${timeoutMs} ms`);
    });
    try {
      return await Promise.race([this.#answer(request), late]);
    } finally {
      over.abort();
    }
  }

  async #answer(request: Uint8Array): Promise<Uint8Array> {
    const answer = await this.#handler?.(request);
    return answer ?? await new Promise<never>(() => {});
  }
}
