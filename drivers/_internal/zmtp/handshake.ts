import type { Peer, SocketType } from "./connection_types.ts";
import { parseSession } from "./session.ts";
import * as wire from "./wire.ts";

const PARTNERS: Readonly<Record<SocketType, readonly string[]>> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
};

/** Time for all of it. */
const MAX_MS = 5_000;

/** The greeting and READY of a peer. */
export class Handshake {
  readonly #socketType: SocketType;
  #startedAt = performance.now();
  #minor: number | undefined;

  constructor(socketType: SocketType) {
    this.#socketType = socketType;
  }

  /** Whether the peer's greeting is still to come. */
  get wantsGreeting(): boolean {
    return this.#minor === undefined;
  }

  /** The peer has sent something that was not read: its time begins again. */
  restart(now: number): void {
    this.#startedAt = now;
  }

  isLate(now: number): boolean {
    return now - this.#startedAt > MAX_MS;
  }

  /** How long the greeting is, undefined while it is not whole, or why it is refused. */
  greet(bytes: Uint8Array): number | string | undefined {
    const greeting = wire.parseGreeting(bytes);
    if (greeting === undefined || typeof greeting === "string") return greeting;
    this.#minor = greeting.minor;
    return wire.GREETING_BYTES;
  }

  /** What the peer says of itself in READY, or why it is refused. */
  ready(data: Uint8Array): Peer | string {
    const properties = wire.parseProperties(data);
    if (this.#minor === undefined || properties === undefined) return "its READY is malformed";
    const socketType = properties.get("socket-type") ?? "";
    const wanted = PARTNERS[this.#socketType];
    return wanted.includes(socketType)
      ? { minor: this.#minor, socketType, session: parseSession(properties) }
      : `its socket type is "${socketType}", wanted ${wanted.join(" or ")}`;
  }
}
