import { once } from "node:events";
import { messageOf } from "../../contract/errors.ts";
import { waitFor } from "../../contract/waiting.ts";
import { certificateFault, handshakeFault, type TlsFault, type TlsFaultKind } from "./tls_fault.ts";
import type { TlsTexts } from "./tls_files.ts";
import { peerOf } from "./tls_peer.ts";

const PROBE_MS = 2_000;
/** Time that a server takes at most to refuse the certificate of a client. */
const REFUSAL_MS = 500;
/** Errors of a connection that the server has closed: they may hide that it has refused this end. */
const CLOSED = /closed|broken pipe|EPIPE|ECONNRESET|connection reset/i;

/** A server, and what its certificate is checked against. */
export interface CheckedServer {
  readonly host: string;
  readonly port: number;
  /** The name that its certificate has to have. @default the host */
  readonly name?: string | undefined;
  /** The option with that name, for the reason. @default no option */
  readonly nameOption?: string;
  /** The option with the trusted authorities, for the reason. @default tls_ca_file */
  readonly authoritiesOption?: string;
}

/** Faults about which the certificate says more than the error. */
const SHOWN: ReadonlySet<TlsFaultKind | undefined> = new Set<TlsFaultKind>([
  ...["unknown_authority", "expired", "wrong_name", "wrong_purpose"] as const,
]);

/**
 * Why a connection to a server has failed, about the server as "it"; undefined if TLS is not the
 * reason. The runtime does not tell an expired certificate from an unknown authority, and never
 * states the date: the certificate itself does.
 */
export async function explainServer(
  error: unknown,
  server: CheckedServer,
  texts: TlsTexts,
): Promise<string | undefined> {
  const fault = handshakeFault(error);
  const isHidden = fault === undefined && CLOSED.test(messageOf(error));
  if (!isHidden && !SHOWN.has(fault?.kind)) return fault?.reason;
  // A client may accept a certificate with another name.
  const host = fault?.kind === "wrong_name" ? server.name ?? server.host : undefined;
  const found = await probeServer(server, texts, host).catch(() => undefined) ?? fault;
  const isNamed = found?.kind === "wrong_name" && server.nameOption !== undefined;
  return isNamed ? `${found.reason}: see ${server.nameOption}` : found?.reason;
}

/**
 * Connects without trust, and sends nothing. Judges the certificate that the server shows, or else
 * the error with which it refuses this end.
 *
 * @param wantedHost the host that the certificate has to be for; undefined for any
 */
async function probeServer(
  { host, port, name, authoritiesOption }: CheckedServer,
  { ca, cert, key }: TlsTexts,
  wantedHost: string | undefined,
): Promise<TlsFault | undefined> {
  const { connect } = await import("node:tls");
  const socket = connect({
    ...{ ca, cert, key, host: host.replaceAll(/^\[|\]$/g, ""), port },
    ...(name === undefined ? {} : { servername: name }),
    ...{ rejectUnauthorized: false, checkServerIdentity: () => undefined },
  });
  const opened = once(socket, "secureConnect");
  const refused = new Promise((resolve) => socket.on("error", resolve));
  try {
    await waitFor(opened, { timeoutMs: PROBE_MS });
    const peer = peerOf(socket);
    // Deno 2.4 does not report which certificate the server has sent.
    if (peer.der === undefined) return undefined;
    const wanted = { host: wantedHost, authoritiesOption };
    const fault = certificateFault({ ...peer, ...wanted, purpose: "server", now: Date.now() });
    if (fault !== undefined) return fault;
    // In TLS 1.3, a server checks the certificate of a client after the handshake of the client.
    return handshakeFault(await waitFor(refused, { timeoutMs: REFUSAL_MS }));
  } finally {
    socket.destroy();
  }
}
