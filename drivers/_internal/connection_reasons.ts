/** Explanations of connection errors of node:net, fetch or rustls; the first match counts. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED|connection refused/i, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|failed to lookup|name or service not known/i, "no such host"],
  [/ETIMEDOUT|timed out|due to timeout|Socket timeout/i, "no answer before the timeout"],
  [
    /UnknownIssuer|self.signed|unable to (?:get|verify)|CaUsedAsEndEntity/i,
    "its certificate is not trusted: see tls_ca_file",
  ],
  [
    /NotValidForName|not valid for name|altnames|Hostname\/IP does not match/i,
    "its certificate has another name: see tls_server_name",
  ],
  [/certificate.*expired|Expired/i, "its certificate has expired"],
  [
    /CertificateRequired|certificate required|BadCertificate|bad certificate/i,
    "it requires a client certificate: see tls_cert_file and tls_key_file",
  ],
  [
    /^connection closed$|closed before message completed/,
    "it closed the connection without an answer",
  ],
  [/InvalidContentType|corrupt message|wrong version number/i, "it does not speak TLS"],
];

/** A short reason why a connection failed; undefined if the text contains none. */
export function connectionReason(text: string): string | undefined {
  return REASONS.find(([pattern]) => pattern.test(text))?.[1];
}
