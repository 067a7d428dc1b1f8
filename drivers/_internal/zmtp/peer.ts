import { parseSession, type PeerSession } from "./session.ts";
import { parseProperties, printable } from "./wire.ts";

/** The ZMTP socket types that are implemented. */
export type SocketType = "PUB" | "SUB" | "PUSH" | "PULL";

const PARTNERS: Readonly<Record<SocketType, readonly string[]>> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
};

/** What a peer announced in the handshake. */
export interface Peer {
  /** 0 for ZMTP 3.0, 1 for 3.1. */
  readonly minor: number;
  readonly socketType: string;
  /** Absent for a peer that does not have our session. */
  readonly session: PeerSession | undefined;
  /**
   * Whether the peer answers a PING at any time. libzmq 4.0 and 4.1 speak ZMTP 3.0 and treat a PING
   * as an error. Every libzmq stops reading while the queue of its application is full: a timeout
   * would disconnect a subscriber that is only busy, and it would miss events without notice.
   */
  readonly answersPings: boolean;
}

/** Parses what a peer announces in READY. A string is the reason for refusing the peer. */
export function parsePeer(data: Uint8Array, minor: number, own: SocketType): Peer | string {
  const properties = parseProperties(data);
  if (properties === undefined) return "its READY is malformed";
  const socketType = properties.get("socket-type") ?? "";
  const wanted = PARTNERS[own];
  if (!wanted.includes(socketType)) {
    return `its socket type is "${printable(socketType)}", wanted ${wanted.join(" or ")}`;
  }
  const session = parseSession(properties);
  const answersPings = session !== undefined || minor >= 1 && own !== "PUB";
  return { minor, socketType, session, answersPings };
}
