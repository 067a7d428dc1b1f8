import type { StreamFault } from "../sockets/byte_stream.ts";
import type { TlsContext } from "./context.ts";
import type { PeerIdentity } from "./session.ts";

/** Options of a {@linkcode TlsStream}. */
export interface TlsStreamOptions {
  readonly context: TlsContext;
  readonly side: "client" | "server";
  /** Why the peer is not accepted; undefined if it is. Called when the handshake is done. */
  readonly judge: (peer: PeerIdentity) => StreamFault | undefined;
  /** Explains why a handshake failed, from the error of OpenSSL or the alert of the peer. */
  readonly explain: (error: string) => StreamFault | undefined;
  readonly onClosed: () => void;
}
