/** Why a connection was refused. */
export type Refusal =
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

/** What a peer spends. */
export type Expense = "messages" | "bytes" | "replays";

/** So much at once, and so much a second. */
class Allowance {
  readonly burst: number;
  readonly perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(burst: number, perSecond: number) {
    this.burst = this.#left = burst;
    this.perSecond = perSecond;
  }

  /** False when it is too much. */
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

/** Handshake and heartbeats. */
const SPARE_MESSAGES = 1_000;
const MESSAGES_PER_SECOND = 1_000;
const MESSAGE_BYTES = 100;
/** Every event that is kept can be asked for at once, and again in this time. */
const REPLAY_SECONDS = 60;

/** What one subscriber may cost. It has little to say: subscriptions, at first, and heartbeats. */
export class Budget {
  readonly #allowances: Readonly<Record<Expense, Allowance>>;

  constructor(maxSubscriptions: number, keptEvents: number) {
    const messages = maxSubscriptions + SPARE_MESSAGES;
    this.#allowances = {
      messages: new Allowance(messages, MESSAGES_PER_SECOND),
      bytes: new Allowance(messages * MESSAGE_BYTES, MESSAGES_PER_SECOND * MESSAGE_BYTES),
      replays: new Allowance(keptEvents, keptEvents / REPLAY_SECONDS),
    };
  }

  /** Takes what a peer sent or asks for; a text says what was too much. */
  spend(expense: Expense, amount: number): string | undefined {
    const allowance = this.#allowances[expense];
    if (allowance.take(amount)) return undefined;
    const { burst, perSecond } = allowance;
    return `it spent more than ${burst} ${expense} at once and ${Math.ceil(perSecond)} a second`;
  }
}
