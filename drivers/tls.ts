import type { ClientTls } from "./contract/client_tls.ts";
import type { Settings } from "./contract/option.ts";
import type { TlsFileOptions } from "./contract/tls_options.ts";
import type { CertificateRequest, IssuedPair } from "./_internal/tls/issue.ts";
import type { TlsListener, TlsListenerOptions } from "./_internal/tls/tls_listener.ts";

export type { IssuedPair };

// Few commands need TLS: its modules are loaded with the first use.

/** TLS of a client with the files of these options. @throws {DriverError} `FILE_UNUSABLE` */
export async function clientTls(settings: Settings, files: TlsFileOptions): Promise<ClientTls> {
  const module = await import("./_internal/tls/client_tls.ts");
  return await module.clientTls(settings, files);
}

/**
 * Listens for TLS, and notices when the files change.
 *
 * @throws {DriverError} `FILE_UNUSABLE` @throws {Error} if it cannot listen
 */
export async function listenTls(options: TlsListenerOptions): Promise<TlsListener> {
  const module = await import("./_internal/tls/tls_listener.ts");
  return await module.TlsListener.open(options);
}

/**
 * Checks whether a server can use the files of these options, if they name a certificate.
 *
 * @throws {DriverError} as {@linkcode listenTls}
 */
export async function checkServerTls(settings: Settings, files: TlsFileOptions): Promise<void> {
  const module = await import("./_internal/tls/tls_listener.ts");
  await module.checkServerTls(settings, files);
}

/** What people want to know of a certificate. */
export interface CertificateSummary {
  readonly subject: string;
  readonly issuer: string;
  /** As `DNS:node-1.example.org`. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  readonly isAuthority: boolean;
}

/** The certificates of a PEM text, in order. @throws {RangeError} without one */
export async function certificatesIn(pem: string): Promise<readonly CertificateSummary[]> {
  const { parseCertificates } = await import("./_internal/tls/certificate.ts");
  const { formatName } = await import("./_internal/tls/names.ts");
  return parseCertificates(pem).map(({ names, ...certificate }) => ({
    ...certificate,
    names: names.map(formatName),
  }));
}

/** Refuses texts that cannot be names in a certificate. @throws {Reason} */
export async function requireNames(names: readonly string[]): Promise<void> {
  const { nameOfText } = await import("./_internal/tls/name_encoding.ts");
  names.forEach(nameOfText);
}

/** Makes an authority. */
export async function makeAuthority(request: CertificateRequest): Promise<IssuedPair> {
  return (await import("./_internal/tls/issue.ts")).makeAuthority(request);
}

/** Makes a certificate that an authority signs. @throws {Reason} if that is not one */
export async function issueCertificate(
  authority: IssuedPair,
  request: CertificateRequest,
): Promise<IssuedPair> {
  return (await import("./_internal/tls/issue.ts")).issueCertificate(authority, request);
}
