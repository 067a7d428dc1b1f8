import { parseSession, type PeerSession } from "./session.ts";
import { parseProperties } from "./wire.ts";

/** The socket types of ZMTP that are implemented. */
export type SocketType = "PUB" | "SUB" | "PUSH" | "PULL";

const PARTNERS: Readonly<Record<SocketType, readonly string[]>> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
};

/** What a peer said of itself in the handshake. */
export interface Peer {
  /** 0 of ZMTP 3.0, 1 of 3.1. */
  readonly minor: number;
  readonly socketType: string;
  /** Absent for a peer that does not have our session. */
  readonly session: PeerSession | undefined;
  /**
   * Whether it answers a PING at any time. libzmq 4.0 and 4.1 speak ZMTP 3.0 and take it for an
   * error. No libzmq reads on while the queue of its application is full: a subscriber that is only
   * busy would be cut off, and miss events unawares.
   */
  readonly answersPings: boolean;
}

/** What a peer says of itself in READY; a text is the reason for refusing it. */
export function parsePeer(data: Uint8Array, minor: number, own: SocketType): Peer | string {
  const properties = parseProperties(data);
  if (properties === undefined) return "its READY is malformed";
  const socketType = properties.get("socket-type") ?? "";
  const wanted = PARTNERS[own];
  if (!wanted.includes(socketType)) {
    return `its socket type is "${socketType}", wanted ${wanted.join(" or ")}`;
  }
  const session = parseSession(properties);
  const answersPings = session !== undefined || minor >= 1 && own !== "PUB";
  return { minor, socketType, session, answersPings };
}
