/** What may be done for a topic: nothing, a `sync` that reaches all, or else one for who is there. */
export type HealTurn = "wait" | "send-to-all" | "send-anyway";

/** Who was given up while it was too slow is expected back for so long. */
const RETURN_MS = 600_000;
const LONGEST_PATIENCE_MS = 600_000;
const NEVER = -Infinity;

/** A topic of which subscribers may have missed events, and when its next `sync` may go out. */
export class LossyTopic {
  readonly #intervalMs: number;
  #isDue = false;
  #dueSince = 0;
  #sentAt = NEVER;
  #returnsUntil = NEVER;
  /** How long everyone is waited for. */
  #patienceMs: number;

  /** @param intervalMs the least time between two `sync`; all times are monotonic milliseconds */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#patienceMs = intervalMs;
  }

  /** Whether a `sync` is to be sent. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Whether nothing of it has to be remembered any more. */
  isOver(now: number): boolean {
    return !this.#isDue && now >= this.#returnsUntil && now >= this.#sentAt + this.#intervalMs;
  }

  /** Somebody may miss an event. */
  noteOverflow(now: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#dueSince = now;
    this.#patienceMs = this.#intervalMs;
  }

  /** Somebody has gone: while a `sync` is due that may be who needs it. */
  noteLeaving(now: number): void {
    if (this.#isDue) this.#returnsUntil = now + RETURN_MS;
  }

  /** Somebody has subscribed. True when that may be one who went without a `sync`. */
  noteReturn(now: number): boolean {
    if (now >= this.#returnsUntil) return false;
    this.noteOverflow(now);
    return true;
  }

  /** What may be done now. */
  turn(now: number): HealTurn {
    if (!this.#isDue || now < this.#sentAt + this.#intervalMs) return "wait";
    return now >= this.#dueSince + this.#patienceMs ? "send-anyway" : "send-to-all";
  }

  /** The `sync` went to all. */
  noteSent(now: number): void {
    this.#isDue = false;
    this.#sentAt = now;
  }

  /** It went to those who were there; the next such one waits twice as long. */
  noteSentAnyway(now: number): void {
    this.#sentAt = now;
    this.#dueSince = now;
    this.#patienceMs = Math.min(2 * this.#patienceMs, LONGEST_PATIENCE_MS);
  }
}
