import type { ClientTls } from "../../contract/client_tls.ts";
import type { Settings } from "../../contract/option.ts";
import type { TlsFileOptions } from "../../contract/tls_options.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { explainServer } from "./explain_server.ts";
import { hostFault } from "./tls_fault.ts";
import { readRuntimeTlsFiles } from "./runtime_tls.ts";

/**
 * TLS of a client with these files. A server may also show the certificate of the files itself: it
 * is the service of this host, whatever its name is in the certificate.
 *
 * @throws as {@linkcode readRuntimeTlsFiles}
 */
export async function clientTls(settings: Settings, files: TlsFileOptions): Promise<ClientTls> {
  const { texts, certificate: own } = await readRuntimeTlsFiles(settings, files);
  return {
    options: {
      ...texts,
      checkServerIdentity: (host, { raw }) => nameProblem(parseCertificate(raw), host, own),
    },
    explain: (error, { hostname, port }) =>
      explainServer(error, {
        ...{ host: hostname, port: Number(port || 443) },
        authoritiesOption: files.caFile.name,
      }, texts),
  };
}

function nameProblem(
  certificate: Certificate,
  host: string,
  own: Certificate | undefined,
): Error | undefined {
  const fault = isSame(certificate, own) ? undefined : hostFault(certificate, host);
  return fault && Object.assign(new Error(fault.reason), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
}

function isSame({ der }: Certificate, own: Certificate | undefined): boolean {
  return own?.der.length === der.length && der.every((byte, index) => byte === own.der[index]);
}
