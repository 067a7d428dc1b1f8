import { messageOf } from "../../drivers/contract/errors.ts";
import type { Clock } from "../base/clock.ts";

/** Options of a {@linkcode RowFreshness}. */
export interface RowFreshnessOptions {
  /** `publisher_timeout`: an older row counts as that of a dead publisher. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "monotonic" | "now">;
}

/** An attempt that takes longer, even on a slow database, is reported as a failure until it ends. */
const SLOW_MS = 5_000;

/** Tracks the writes of a row: the time of the last one, and why the row is not fresh. */
export class RowFreshness {
  readonly #options: RowFreshnessOptions;
  #refreshedAt: number | null = null;
  /** The time of the last write by the monotonic clock. */
  #refreshedMs = Infinity;
  /** When the last write attempt began, by the monotonic clock. */
  #triedMs = -Infinity;
  /** When the current attempt began, by the monotonic clock. */
  #beganMs: number | undefined;
  #failure: string | undefined;

  constructor(options: RowFreshnessOptions) {
    this.#options = options;
  }

  /** When the row was last written, in milliseconds since 1970; null before the first write. */
  get refreshedAt(): number | null {
    return this.#refreshedAt;
  }

  /** Milliseconds since the last write attempt began. */
  get sinceTryMs(): number {
    return this.#options.clock.monotonic() - this.#triedMs;
  }

  /** Why the row is older than it should be; undefined if it is not. */
  get failure(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    const { clock, timeoutMs } = this.#options;
    const now = clock.monotonic();
    const seconds = (ms: number) => `${Math.floor(ms / 1000)} s`;
    const tookMs = now - (this.#beganMs ?? now);
    if (tookMs > SLOW_MS) return `not written within ${seconds(tookMs)}`;
    const ageMs = now - this.#refreshedMs;
    if (ageMs <= timeoutMs) return undefined;
    return `last written ${seconds(ageMs)} ago, wanted at most ${timeoutMs / 1000} s`;
  }

  /** Notes the start of an attempt. @param isWrite whether it writes the row or only reads it */
  noteTry(isWrite: boolean): void {
    this.#beganMs = this.#options.clock.monotonic();
    if (isWrite) this.#triedMs = this.#beganMs;
  }

  /** Notes that the row could not be read or written. */
  noteFailure(error: unknown): void {
    this.#beganMs = undefined;
    this.#failure = messageOf(error);
  }

  /**
   * Notes that an attempt has succeeded.
   *
   * @param isOurs whether the row is this publisher's own
   * @param isWrite whether the attempt has written it
   */
  noteSuccess(isOurs: boolean, isWrite: boolean): void {
    this.#beganMs = undefined;
    this.#failure = undefined;
    // This publisher does not refresh the row of another one.
    if (!isOurs) this.#refreshedMs = Infinity;
    else if (isWrite) {
      this.#refreshedAt = this.#options.clock.now();
      this.#refreshedMs = this.#options.clock.monotonic();
    }
  }
}
