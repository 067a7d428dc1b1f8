import { waitFor } from "../../contract/waiting.ts";
import { certificateFault, handshakeFault, type TlsFault } from "./tls_fault.ts";
import type { TlsTexts } from "./tls_files.ts";
import { peerOf } from "./tls_peer.ts";

const PROBE_MS = 2_000;

/** The address of a server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Why a connection to a server has failed, about the server as "it"; undefined if TLS is not the
 * reason. The runtime does not tell an expired certificate from an unknown authority, and never
 * states the date: the certificate itself does.
 */
export async function explainServer(
  error: unknown,
  server: ServerAddress,
  texts: TlsTexts,
): Promise<string | undefined> {
  const fault = handshakeFault(error);
  if (fault?.kind !== "unknown_authority" && fault?.kind !== "expired") return fault?.reason;
  const found = await probeServer(server, texts).catch(() => undefined);
  return (found ?? fault).reason;
}

/** Connects without trust, sends nothing, and judges the certificate that the server shows. */
async function probeServer(
  { host, port }: ServerAddress,
  { ca, cert, key }: TlsTexts,
): Promise<TlsFault | undefined> {
  const { connect } = await import("node:tls");
  const socket = connect({
    ...{ ca, cert, key, host: host.replaceAll(/^\[|\]$/g, ""), port },
    ...{ rejectUnauthorized: false, checkServerIdentity: () => undefined },
  });
  const opened = new Promise<void>((resolve, reject) => {
    socket.on("secureConnect", resolve);
    socket.on("error", reject);
  });
  try {
    await waitFor(opened, { timeoutMs: PROBE_MS });
    const peer = peerOf(socket);
    // Deno 2.4 does not report which certificate the server has sent.
    if (peer.der === undefined) return undefined;
    return certificateFault({ ...peer, purpose: "server", now: Date.now() });
  } finally {
    socket.destroy();
  }
}
