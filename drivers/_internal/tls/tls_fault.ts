import { messageOf } from "../../contract/errors.ts";
import type { OptionDef, Settings } from "../../contract/option.ts";
import { utcMinute } from "../../contract/utc_time.ts";
import { type Certificate, type CertificatePurpose, parseCertificate } from "./certificate.ts";
import { formatNames, isForHost, matchesNames } from "./names.ts";

/** Why a TLS connection is refused: the label of its counter. */
export type TlsFaultKind =
  | "expired"
  | "not_yet_valid"
  | "unknown_authority"
  | "wrong_purpose"
  | "wrong_name"
  | "no_certificate"
  | "not_tls"
  | "refused"
  | "version"
  | "other";

/** A fault of a TLS connection. */
export interface TlsFault {
  readonly kind: TlsFaultKind;
  /** About the peer, as "it": `its certificate expired on 2026-11-29 13:20 UTC`. */
  readonly reason: string;
}

/** The value of an option with patterns for names; an empty list allows every name. */
export interface AllowedNames {
  readonly patterns: readonly string[];
  readonly option: string;
}

/** The names that an option allows now. */
export function allowedBy(
  option: OptionDef<readonly string[]>,
  settings: Settings,
): AllowedNames {
  return { patterns: settings.get(option), option: option.name };
}

/** What the runtime says about a peer, and what this end requires of it. */
export interface PeerCheck {
  /** The peer's certificate in DER; undefined if it has shown none. */
  readonly der: Uint8Array | undefined;
  /** Why it does not trust the certificate; undefined only if it has verified the signatures. */
  readonly error: string | undefined;
  /** The purpose for which the peer uses it. */
  readonly purpose: CertificatePurpose;
  /** Patterns of an option: one has to match a name of the certificate. @default any name */
  readonly allowed?: AllowedNames | undefined;
  /** The option with the trusted authorities, for the reason. @default tls_ca_file */
  readonly authoritiesOption?: string | undefined;
  /** The host that the certificate has to be for. @default any host */
  readonly host?: string | undefined;
  /** Patterns for names that it may have in place of the host. @default none */
  readonly hostNames?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Judges the certificate of a peer; undefined if it may stay connected. The runtime checks the
 * signatures; its codes do not tell an expired certificate from an unknown authority, so the reason
 * is found here.
 */
export function certificateFault(check: PeerCheck): TlsFault | undefined {
  const { der, error, purpose, host, hostNames = [], allowed, now } = check;
  if (der === undefined) return { kind: "no_certificate", reason: "it shows no certificate" };
  let certificate: Certificate;
  try {
    certificate = parseCertificate(der);
  } catch (thrown) {
    return { kind: "other", reason: `its certificate is invalid: ${messageOf(thrown)}` };
  }
  const { notBefore, notAfter, purposes, issuer } = certificate;
  if (now > notAfter) {
    return { kind: "expired", reason: `its certificate expired on ${utcMinute(notAfter)}` };
  }
  if (now < notBefore) {
    const reason = `its certificate is not valid before ${utcMinute(notBefore)}: ` +
      "compare the clocks of both hosts";
    return { kind: "not_yet_valid", reason };
  }
  if (purposes !== undefined && !purposes.includes(purpose)) {
    const reason = `its certificate is not for a ${purpose}: its extendedKeyUsage has to include ` +
      `${purpose}Auth`;
    return { kind: "wrong_purpose", reason };
  }
  if (error !== undefined) return chainFault(check, `signed by "${issuer}"`, error);
  const isNamed = host === undefined || matchesNames(certificate, hostNames);
  const wrongHost = isNamed ? undefined : hostFault(certificate, host);
  if (wrongHost !== undefined) return wrongHost;
  if (allowed !== undefined && allowed.patterns.length > 0) {
    if (matchesNames(certificate, allowed.patterns)) return undefined;
    const patterns = allowed.patterns.slice(0, 8).join(", ");
    const reason = `its certificate offers ${formatNames(certificate)}, wanted ${patterns}: ` +
      `see ${allowed.option}`;
    return { kind: "wrong_name", reason };
  }
  return undefined;
}

/** Errors of OpenSSL about authorities that it knows. */
const INVALID_CHAIN = /^(?:invalid CA certificate|path length|permitted subtree|.* too weak$)/;

/**
 * The fault that OpenSSL or the runtime has found in a certificate that is valid now and has the
 * right extendedKeyUsage: its keyUsage is wrong, or the certificate of an authority.
 */
function chainFault(
  { purpose, authoritiesOption = "tls_ca_file" }: PeerCheck,
  signed: string,
  error: string,
): TlsFault {
  const signer = `its certificate is ${signed}, and that authority, or one above it,`;
  if (error === "certificate has expired") {
    return { kind: "expired", reason: `${signer} has expired` };
  }
  if (error === "certificate is not yet valid") {
    const reason = `${signer} is not yet valid: compare the clocks of both hosts`;
    return { kind: "not_yet_valid", reason };
  }
  if (error === "unsuitable certificate purpose") {
    const reason = `its certificate, or that of an authority, is not for a ${purpose}: ` +
      "its keyUsage has to include digitalSignature";
    return { kind: "wrong_purpose", reason };
  }
  if (INVALID_CHAIN.test(error)) {
    const reason =
      `its certificate is ${signed}, and the chain of authorities is invalid: ${error}`;
    return { kind: "other", reason };
  }
  const reason = `its certificate is ${signed}, which ${authoritiesOption} does not vouch for ` +
    `(${error.slice(0, 80)})`;
  return { kind: "unknown_authority", reason };
}

/** The fault of a certificate that is not for a host. */
export function hostFault(certificate: Certificate, host: string): TlsFault | undefined {
  if (isForHost(certificate, host)) return undefined;
  const offered = formatNames(certificate);
  const reason = `its certificate has another name: it offers ${offered}, wanted "${host}"`;
  return { kind: "wrong_name", reason };
}

/** Errors of node:tls, OpenSSL and rustls, by code and message; the first match counts. */
const FAULTS: readonly (readonly [RegExp, TlsFaultKind, string])[] = [
  [
    /alert.unknown.ca|alert: UnknownCA/i,
    "refused",
    "it does not trust the authority that signed the certificate of this end",
  ],
  [
    /alert.certificate.expired|alert: CertificateExpired/i,
    "refused",
    "it says that the certificate of this end has expired or is not yet valid",
  ],
  [
    /alert.certificate.required|certificate.?required/i,
    "refused",
    "it requires a client certificate: see tls_cert_file and tls_key_file",
  ],
  [
    /bad.certificate|BadCertificate/i,
    "refused",
    "it requires a client certificate, or refuses that of this end: see tls_cert_file and tls_key_file",
  ],
  [
    /unsupported.certificate|UnsupportedCertificate/i,
    "refused",
    "it refuses the certificate of this end, perhaps because of its purpose: see its extendedKeyUsage",
  ],
  [
    /alert.access.denied|alert.certificate.unknown|alert: (?:AccessDenied|Certificate\w*)|alert certificate/i,
    "refused",
    "it refuses the certificate of this end",
  ],
  [
    /alert.protocol.version|unsupported protocol|ProtocolVersion|PeerIncompatible/i,
    "version",
    "it has no TLS version in common with this end: see tls_min_version",
  ],
  [
    /peer.did.not.return.a.certificate|peer sent no certificates/i,
    "no_certificate",
    "it shows no certificate",
  ],
  [
    /extended key usage/i,
    "wrong_purpose",
    "its certificate is not for a server: its extendedKeyUsage has to include serverAuth",
  ],
  [/CERT_NOT_YET_VALID|NotValidYet/i, "not_yet_valid", "its certificate is not yet valid"],
  [/certificate.*expired|CERT_HAS_EXPIRED|Expired/i, "expired", "its certificate has expired"],
  [
    /ALTNAME_INVALID|NotValidForName|not valid for name|altnames|Hostname\/IP does not match/i,
    "wrong_name",
    "its certificate has another name",
  ],
  [
    /UnknownIssuer|self.signed|unable to (?:get|verify)|UNABLE_TO_|CaUsedAsEndEntity/i,
    "unknown_authority",
    "its certificate is not trusted: see tls_ca_file",
  ],
  [
    /WRONG_VERSION_NUMBER|InvalidContentType|corrupt message|wrong version number/i,
    "not_tls",
    "it does not speak TLS",
  ],
];

/** Explains an error of a TLS connection; undefined if the error is not one of TLS. */
export function handshakeFault(error: unknown): TlsFault | undefined {
  const text = typeof error === "string" ? error : `${codeOf(error)} ${messageOf(error)}`;
  const own = /its certificate has another name: it offers .*/.exec(text)?.[0];
  if (own !== undefined) return { kind: "wrong_name", reason: own };
  const found = FAULTS.find(([pattern]) => pattern.test(text));
  return found && { kind: found[1], reason: found[2] };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
