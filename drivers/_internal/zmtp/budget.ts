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

/** What a peer has a budget of. */
export type Expense = "messages" | "bytes" | "replays";

/** An amount at once, and an amount per second. */
class Allowance {
  readonly burst: number;
  readonly perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(burst: number, perSecond: number) {
    this.burst = this.#left = burst;
    this.perSecond = perSecond;
  }

  /** Takes an amount; false when it exceeds the allowance. */
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

/** For handshake and heartbeats. */
const SPARE_MESSAGES = 1_000;
const MESSAGES_PER_SECOND = 1_000;
const MESSAGE_BYTES = 100;
/** A subscriber may ask for every event of the log at once, and again after this time. */
const REPLAY_SECONDS = 60;

/** What one subscriber may cost. It sends little: subscriptions at first, then heartbeats. */
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

  /** Takes from the budget what a peer sent or asks for; a text says what exceeded it. */
  spend(expense: Expense, amount: number): string | undefined {
    const allowance = this.#allowances[expense];
    if (allowance.take(amount)) return undefined;
    const { burst, perSecond } = allowance;
    return `it exceeds ${burst} ${expense} at once and ${Math.ceil(perSecond)} per second`;
  }
}
