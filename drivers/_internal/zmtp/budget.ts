/** Why this end refused a connection. */
export type Refusal =
  | `tls_${string}`
  | "by-peer"
  | "connections"
  | "descriptors"
  | "handshake"
  | "malformed"
  | "messages"
  | "bytes"
  | "subscriptions"
  | "memory"
  | "replays"
  | "stalled";

/** What the budget of a peer limits. */
export type Expense = "messages" | "bytes" | "replays";

/** A token bucket: allows a burst, and refills at a rate per second. */
class Allowance {
  readonly burst: number;
  readonly perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(burst: number, perSecond: number) {
    this.burst = this.#left = burst;
    this.perSecond = perSecond;
  }

  /** Takes an amount. Returns false if it exceeds the allowance. */
  take(amount: number): boolean {
    this.#left -= amount;
    if (this.#left >= 0) return true;
    const now = performance.now();
    this.#left += (now - this.#at) / 1000 * this.perSecond;
    this.#left = Math.min(this.burst, this.#left);
    this.#at = now;
    return this.#left >= 0;
  }
}

/** Messages allowed beyond the subscriptions, for the handshake and heartbeats. */
const SPARE_MESSAGES = 1_000;
const MESSAGES_PER_SECOND = 1_000;
/** Of all messages on average: a command for a topic of 36 characters has 60 to 70 bytes. */
const MESSAGE_BYTES = 100;
/** A subscriber may request a replay of the whole log again after this time, in seconds. */
const REPLAY_SECONDS = 60;
/** What a subscriber with up to a hundred topics sends at once, and in each second after that. */
const LITTLE_BYTES = 4 * 1024;
const LITTLE_BYTES_PER_SECOND = 1024;

/**
 * Limits what one subscriber may send and request. A subscriber sends little: subscriptions at
 * first, then heartbeats.
 */
export class Budget {
  /** Whether the peer has sent little so far. Others must not delay it. */
  sendsLittle = true;
  readonly #allowances: Readonly<Record<Expense, Allowance>>;
  readonly #little = new Allowance(LITTLE_BYTES, LITTLE_BYTES_PER_SECOND);

  constructor(maxSubscriptions: number, keptEvents: number) {
    const messages = maxSubscriptions + SPARE_MESSAGES;
    this.#allowances = {
      messages: new Allowance(messages, MESSAGES_PER_SECOND),
      bytes: new Allowance(messages * MESSAGE_BYTES, MESSAGES_PER_SECOND * MESSAGE_BYTES),
      // Twice, as the log moves on while a subscriber requests one topic after another.
      replays: new Allowance(2 * keptEvents, keptEvents / REPLAY_SECONDS),
    };
  }

  /**
   * Takes an amount that a peer sent or requested. Returns undefined if it is within the budget,
   * and otherwise a text that names the exceeded limit.
   */
  spend(expense: Expense, amount: number): string | undefined {
    if (expense === "bytes") this.sendsLittle = this.#little.take(amount);
    const allowance = this.#allowances[expense];
    if (allowance.take(amount)) return undefined;
    const { burst, perSecond } = allowance;
    return `it exceeds ${burst} ${expense} at once and ${Math.ceil(perSecond)} per second`;
  }
}
