// A probe is a subscription to a topic that no frame can have: its first octet never occurs in
// UTF-8. A publisher of ours answers it with a message on that topic. Subscriptions travel in
// order, so an answer proves that all earlier ones have arrived. Other publishers never notice.
const PREFIX = new TextEncoder().encode("?df-pubsub-probe:");
PREFIX[0] = 0xff;
const TOKEN_BYTES = 16;

/** A new probe topic. */
export function newProbe(): Uint8Array<ArrayBuffer> {
  const topic = new Uint8Array(PREFIX.length + TOKEN_BYTES);
  topic.set(PREFIX);
  crypto.getRandomValues(topic.subarray(PREFIX.length));
  return topic;
}

/** Whether a topic has the form of a probe. */
export function isProbe(topic: Uint8Array): boolean {
  return topic.length === PREFIX.length + TOKEN_BYTES &&
    PREFIX.every((octet, index) => topic[index] === octet);
}

/** Whether two topics are the same octets. */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => b[index] === octet);
}
