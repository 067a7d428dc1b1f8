import type { HealthEvent } from "./health.ts";
import type { WaitOptions } from "./waiting.ts";

/**
 * The most requests of one requester under way: a responder keeps room for so many answers of any
 * size, so that none is lost to a requester that reads, however many come in one moment.
 */
export const MOST_REQUESTS_UNDER_WAY = 8;

/**
 * Answers a request. The request is borrowed until the call returns; undefined leaves it without an
 * answer. It must not throw or reject.
 */
export type RequestHandler = (
  request: Uint8Array,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** The answering end of a driver. */
export interface Responder extends AsyncDisposable {
  /** Where requesters connect, with the port really in use. */
  readonly address: string;
  /**
   * Whether requesters can connect there: `disconnected` when they cannot any more, `connected` when
   * they can again. Absent where that cannot be lost.
   */
  readonly health?: AsyncIterable<HealthEvent>;
}

/** The asking end of a driver. */
export interface Requester extends AsyncDisposable {
  /**
   * Asks and resolves with the answer, octets of the caller's own. Up to eight requests may be under
   * way, and answers come in any order. One whose connection was lost is asked again on the next:
   * its handler may be called more than once.
   *
   * @throws {DriverError} `SEND_TIMEOUT` when no answer came in time, and at once when eight
   * requests are under way already, `NO_RESPONDER` when in all that
   * time nothing was there to ask, `CLOSED`, `FRAME_TOO_LARGE`. An abort rejects with the signal's
   * reason.
   */
  request(request: Uint8Array, options: WaitOptions): Promise<Uint8Array>;
}

/**
 * Questions and answers beside the frames, from a subscriber to a publisher or from a local
 * publisher to the service. Sizes, requests under way and queues are bounded; a request that finds no
 * room is not answered.
 */
export interface RequestReply {
  /** The most octets of a request or an answer. */
  readonly maxBytes: number;
  /**
   * Answers requests where the configuration says.
   *
   * @throws {DriverError} `ADDRESS_IN_USE`, `ADDRESS_INVALID`
   */
  openResponder(handler: RequestHandler): Promise<Responder>;
  /**
   * Connects to a responder, in the background; it need not be there yet.
   *
   * @param address a {@linkcode Responder.address}; may be left out where the configuration says it
   * @throws {DriverError} `ADDRESS_INVALID`
   */
  openRequester(address?: string): Promise<Requester>;
}
