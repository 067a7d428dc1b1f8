import type { StreamFault } from "../sockets/byte_stream.ts";
import type { ConnectionOptions } from "./connection_types.ts";
import * as wire from "./wire.ts";

const MAX_MS = 5_000;
/** A publisher to which thousands of nodes connect at once takes seconds for their TLS. */
const MAX_SECURE_MS = 20_000;
const OTHER_MECHANISM = "it ended the connection during the greeting, " +
  "as libzmq does when its security mechanism is not NULL";

/** The beginning of a connection: the peer's greeting, and the time that it has. */
export class Handshake {
  /** The minor version of the peer's ZMTP; undefined until its greeting arrives. */
  minor: number | undefined;
  /** Whether the peer gets the reason for its refusal; this end ignores everything that it sends. */
  isRefused = false;
  /** Why the peer ends the connection, if it does so now; undefined if that is not known. */
  endReason: string | undefined;
  #from = performance.now();

  /** The peer is not late: this end lacks the time or room to read what the peer has sent. */
  excuse(now: number): void {
    this.#from = now;
  }

  /** @param delayedMs as the `delayedMs` of its stream */
  isLate(now: number, delayedMs: number | undefined): boolean {
    const maxMs = delayedMs === undefined ? MAX_MS : MAX_SECURE_MS + delayedMs;
    return now - this.#from > maxMs;
  }

  /**
   * Reads the peer's greeting, and returns the frame to answer with: READY, or an ERROR that tells
   * the peer why it is not accepted. Undefined while the greeting is incomplete; a string is the
   * reason for refusing it.
   */
  answer(
    bytes: Uint8Array,
    fault: StreamFault | undefined,
    { socketType, properties }: ConnectionOptions,
  ): Uint8Array<ArrayBuffer> | string | undefined {
    const greeting = wire.parseGreeting(bytes);
    // libzmq does not send its mechanism to a peer that has sent another one.
    const isCut = greeting === undefined && bytes.length >= wire.SIGNATURE_BYTES;
    this.endReason = isCut ? OTHER_MECHANISM : undefined;
    if (typeof greeting !== "object") return greeting;
    this.minor = greeting.minor;
    this.isRefused = fault !== undefined;
    return fault === undefined ? wire.ready(socketType, properties) : wire.error(fault.reason);
  }
}
