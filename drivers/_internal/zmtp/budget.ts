/** How much a subscriber may send: of that, so much at once, and so much a second. */
const MAX_MESSAGES = 100_000;
const MESSAGES_PER_SECOND = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;
const BYTES_PER_SECOND = 256 * 1024;

/**
 * What one peer may still send. A subscriber has little to say: its subscriptions, when it connects,
 * and heartbeats.
 */
export class Budget {
  #messages = MAX_MESSAGES;
  #bytes = MAX_BYTES;
  #at = performance.now();

  /** Takes what a peer has sent from it; a text says what was too much. */
  spend(messages: number, bytes: number): string | undefined {
    this.#messages -= messages;
    this.#bytes -= bytes;
    if (this.#messages >= 0 && this.#bytes >= 0) return undefined;
    this.#refill();
    if (this.#messages < 0) return `it sends more than ${MESSAGES_PER_SECOND} messages a second`;
    return this.#bytes < 0 ? `it sends more than ${BYTES_PER_SECOND} bytes a second` : undefined;
  }

  #refill(): void {
    const now = performance.now();
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    this.#messages = Math.min(MAX_MESSAGES, this.#messages + seconds * MESSAGES_PER_SECOND);
    this.#bytes = Math.min(MAX_BYTES, this.#bytes + seconds * BYTES_PER_SECOND);
  }
}
