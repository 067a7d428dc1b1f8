import { EtcdServer } from "./server.ts";
import type { makeTlsFiles } from "../tls_files.ts";

/** Starts a member that speaks TLS and asks clients for a certificate. */
export async function startTlsEtcd(
  files: Awaited<ReturnType<typeof makeTlsFiles>>,
): Promise<EtcdServer> {
  const { authority, server, client } = files;
  return await EtcdServer.start({
    scheme: "https",
    flags: [
      ...["--cert-file", server.cert, "--key-file", server.key],
      ...["--client-cert-auth", "--trusted-ca-file", authority.cert],
    ],
    ctlFlags: ["--cacert", authority.cert, "--cert", client.cert, "--key", client.key],
  });
}
