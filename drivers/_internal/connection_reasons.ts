import { handshakeFault } from "./tls/tls_fault.ts";

/** Explanations of connection errors of node:net or fetch; the first match counts. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/ECONNREFUSED|connection refused/i, "connection refused"],
  [/ENOTFOUND|EAI_AGAIN|failed to lookup|name or service not known/i, "no such host"],
  [/ETIMEDOUT|timed out|due to timeout|Socket timeout/i, "no answer before the timeout"],
  [
    /^connection closed$|closed before message completed|broken pipe|EPIPE|ECONNRESET|connection reset/i,
    "it closed the connection without an answer",
  ],
  [/error reading a body from connection/, "the connection was lost"],
];

/** A short reason why a connection failed; undefined if the text contains none. */
export function connectionReason(text: string): string | undefined {
  return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? handshakeFault(text)?.reason;
}
