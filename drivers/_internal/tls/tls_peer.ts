import type { TLSSocket } from "node:tls";
import type { PeerCheck } from "./tls_fault.ts";

/**
 * What a socket says about its peer. The socket is one of a server of `tls.createServer`, or of
 * `tls.connect` with a `checkServerIdentity` that accepts every name; both with
 * `rejectUnauthorized: false`, since otherwise there would be no certificate to explain.
 */
export function peerOf(
  socket: Pick<TLSSocket, "authorized" | "authorizationError" | "getPeerCertificate">,
): Pick<PeerCheck, "der" | "error"> {
  const { authorized, authorizationError } = socket;
  // A peer without a certificate has an empty one in some versions, and none in others.
  const certificate: { readonly raw?: Uint8Array } | null = socket.getPeerCertificate();
  return {
    der: certificate?.raw,
    error: authorized ? undefined : String(authorizationError ?? "not verified"),
  };
}
