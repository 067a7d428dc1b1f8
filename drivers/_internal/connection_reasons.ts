/** What is wrong with a connection, by what node:net, fetch or rustls say; the first that fits counts. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED|connection refused/i, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|failed to lookup|name or service not known/i, "no such host"],
  [/ETIMEDOUT|timed out|due to timeout|Socket timeout/i, "no answer in time"],
  [
    /UnknownIssuer|self.signed|unable to (?:get|verify)|CaUsedAsEndEntity/i,
    "its certificate is not signed by one that we trust: see tls_ca_file",
  ],
  [
    /NotValidForName|not valid for name|altnames|Hostname\/IP does not match/i,
    "its certificate is for another name: see tls_server_name",
  ],
  [/certificate.*expired|Expired/i, "its certificate has expired"],
  [
    /CertificateRequired|certificate required|BadCertificate|bad certificate/i,
    "it wants a certificate of ours: see tls_cert_file and tls_key_file",
  ],
  [/closed before message completed/, "it closed the connection without an answer"],
  [/InvalidContentType|corrupt message|wrong version number/i, "it does not speak TLS"],
];

/** The reason why a connection failed, in a few words, or undefined when the text tells of none. */
export function connectionReason(text: string): string | undefined {
  return REASONS.find(([pattern]) => pattern.test(text))?.[1];
}
