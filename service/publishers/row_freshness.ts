import { messageOf } from "../../drivers/contract/errors.ts";
import type { Clock } from "../base/clock.ts";

/** How a {@linkcode RowFreshness} judges. */
export interface RowFreshnessOptions {
  /** `publisher_timeout`: a row that is older counts as that of a dead publisher. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "monotonic" | "now">;
}

/** An attempt that takes longer is reported as a failure for as long as it is under way. */
const SLOW_MS = 1_000;

/** What is known of the writes of a row: when the last one was, and why the row is not fresh. */
export class RowFreshness {
  readonly #options: RowFreshnessOptions;
  #refreshedAt: number | null = null;
  /** The same by the monotonic clock. */
  #refreshedMs = Infinity;
  /** When the last attempt to write it began, by the monotonic clock. */
  #triedMs = -Infinity;
  /** When what is under way began, by the monotonic clock. */
  #beganMs: number | undefined;
  #failure: string | undefined;

  constructor(options: RowFreshnessOptions) {
    this.#options = options;
  }

  /** When the row was last written, in milliseconds since 1970; null before the first time. */
  get refreshedAt(): number | null {
    return this.#refreshedAt;
  }

  /** Milliseconds since the last attempt to write the row began. */
  get sinceTryMs(): number {
    return this.#options.clock.monotonic() - this.#triedMs;
  }

  /** Why the row is not as fresh as it has to be; undefined while it is. */
  get failure(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    const { clock, timeoutMs } = this.#options;
    const now = clock.monotonic();
    const seconds = (ms: number) => `${Math.floor(ms / 1000)} s`;
    const tookMs = now - (this.#beganMs ?? now);
    if (tookMs > SLOW_MS) return `not written within ${seconds(tookMs)}`;
    const ageMs = now - this.#refreshedMs;
    if (ageMs <= timeoutMs) return undefined;
    return `last written ${seconds(ageMs)} ago, wanted ${timeoutMs / 1000} s at most`;
  }

  /** An attempt begins. @param isWrite whether the row is to be written, and not only read */
  noteTry(isWrite: boolean): void {
    this.#beganMs = this.#options.clock.monotonic();
    if (isWrite) this.#triedMs = this.#beganMs;
  }

  /** The row cannot be read or written. */
  noteFailure(error: unknown): void {
    this.#beganMs = undefined;
    this.#failure = messageOf(error);
  }

  /** The database answered, and the row was only read. @param isOurs whether it is the own row */
  noteRead(isOurs: boolean): void {
    this.#beganMs = undefined;
    this.#failure = undefined;
    // That of another publisher is not ours to keep fresh.
    if (!isOurs) this.#refreshedMs = Infinity;
  }

  /** The row was written. */
  noteWritten(): void {
    this.noteRead(true);
    this.#refreshedAt = this.#options.clock.now();
    this.#refreshedMs = this.#options.clock.monotonic();
  }
}
