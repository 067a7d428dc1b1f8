import { Backoff } from "../../drivers/contract/backoff.ts";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import { DriverError } from "../../drivers/contract/errors.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { OwnPublisherRow } from "./own_publisher_row.ts";
import type { OwnPublisherRowOptions } from "./own_publisher_row_options.ts";
import type { RateLimiter } from "../base/rate_limiter.ts";
import { RowFreshness } from "./row_freshness.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** Options of a {@linkcode PublisherRegistration}. */
export interface PublisherRegistrationOptions extends OwnPublisherRowOptions {
  /** Whether the row stays in the table after a stop, for the next start. @default false */
  readonly keepsRow?: boolean;
  /** `publisher_timeout`, which may change. Heartbeats come at least every third of it. */
  readonly timeoutMs: number;
  /** Limits the writes that {@linkcode PublisherRegistration.noteActivity} causes. */
  readonly limiter: Pick<RateLimiter, "tryAcquire" | "giveBack">;
  /** Where times come from. */
  readonly clock: Clock;
  /** Returns a number from 0 to 1, for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** The state of a registration, for the health pages. */
export interface RegistrationState {
  /** Whether the row was ours when it was last read. */
  readonly registered: boolean;
  /** When it was last written, in milliseconds since 1970; null before the first write. */
  readonly lastRefreshAt: number | null;
  /** Why the row is older than it should be; undefined if it is not. */
  readonly failure: string | undefined;
}

const MIN_INTERVAL_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** Time between two checks of the row: if someone removes it, new nodes still need to find it. */
const LOOK_MS = 10_000;

/**
 * Keeps a publisher in the publishers table from its start to its stop.
 *
 * Activity refreshes the row, within the rate limit, and so does a timer, without the limit:
 * neither a busy nor an idle publisher becomes stale. Failed writes are retried after 1 to 30
 * seconds and cause one warning and one info per outage. There is never more than one database
 * operation at a time.
 */
export class PublisherRegistration implements AsyncDisposable {
  readonly #options: PublisherRegistrationOptions;
  readonly #row: OwnPublisherRow;
  readonly #folder: WarningFolder;
  readonly #freshness: RowFreshness;
  readonly #backoff: Backoff;
  readonly #first = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;
  /** The current write. */
  #attempt: Promise<void> | undefined;
  #wake = new AbortController();
  #closing: Promise<void> | undefined;
  #isClaimed = false;
  #isRegistered = false;
  #failures = 0;
  /** When the row was last written, by the monotonic clock. It is due one interval later. */
  #writtenAt = -Infinity;
  /** Time of the next attempt, by the monotonic clock. */
  #nextAttemptAt = -Infinity;

  /** Creates it without writing anything. */
  constructor(db: NbDbDriver, options: PublisherRegistrationOptions) {
    const { id, log, clock, random } = options;
    this.#options = options;
    this.#row = new OwnPublisherRow(db, options);
    this.#freshness = new RowFreshness(options);
    this.#backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS, random });
    this.#folder = new WarningFolder({ subject: `Registration of publisher "${id}"`, log, clock });
    // If nothing waits for it, its rejection by close() must not be unhandled.
    this.#first.promise.catch(() => {});
  }

  /** The current state. */
  get state(): RegistrationState {
    return {
      registered: this.#isRegistered,
      lastRefreshAt: this.#freshness.refreshedAt,
      failure: this.#freshness.failure,
    };
  }

  /**
   * Starts to maintain the row. Resolves when the row is written for the first time, after any
   * number of retries. A second call returns the same promise.
   *
   * @throws {DriverError} `CLOSED` if it is closed before
   */
  register(): Promise<void> {
    if (this.#closing === undefined) this.#loop ??= this.#run();
    return this.#first.promise;
  }

  /**
   * Notes that events are being published, and refreshes the row in the background if it is due.
   * Costs a few comparisons, and never waits or throws. Call it once per batch.
   */
  noteActivity(): void {
    // During failures the retries have their own schedule, which traffic must not change.
    if (this.#attempt !== undefined || !this.#isRegistered || this.#failures > 0) return;
    if (!this.#options.limiter.tryAcquire()) return;
    this.#writtenAt = -Infinity;
    void this.#write().then((isDone) => {
      if (isDone) return;
      this.#options.limiter.giveBack();
      this.#wake.abort();
    });
  }

  /** Checks the row at once, as after a change of `timeoutMs`. */
  look(): void {
    this.#nextAttemptAt = -Infinity;
    this.#wake.abort();
  }

  /** Notes that the row is gone, and restores it at once, unless writing it fails. */
  noteGone(): void {
    // During failures the retries have their own schedule.
    if (this.#failures === 0) this.look();
  }

  get #intervalMs(): number {
    return Math.max(this.#options.timeoutMs / 3, MIN_INTERVAL_MS);
  }

  get #dueAt(): number {
    return this.#writtenAt + this.#intervalMs;
  }

  /**
   * Tests whether the row can be written, by writing it, unless that was tried within the last ten
   * seconds or, during failures, within the last second. {@linkcode state} has the result. Never
   * rejects.
   */
  async check(): Promise<void> {
    if (this.#loop === undefined || this.#closing !== undefined) return;
    if (this.#freshness.sinceTryMs < (this.#failures > 0 ? FIRST_RETRY_MS : LOOK_MS)) return;
    this.#writtenAt = -Infinity;
    if (!(await this.#write())) this.#wake.abort();
  }

  async #run(): Promise<void> {
    while (this.#closing === undefined) {
      const waitMs = this.#nextAttemptAt - this.#options.clock.monotonic();
      if (waitMs > 0) await this.#sleep(waitMs);
      else await this.#write();
    }
  }

  async #sleep(ms: number): Promise<void> {
    this.#wake = new AbortController();
    await pause(ms, this.#wake.signal, this.#options.clock);
  }

  /** Writes the row, or waits for the current write. Returns true on success. */
  async #write(): Promise<boolean> {
    this.#attempt ??= this.#tryToWrite().finally(() => this.#attempt = undefined);
    await this.#attempt;
    if (this.#failures > 0) return false;
    this.#first.resolve();
    return true;
  }

  async #tryToWrite(): Promise<void> {
    try {
      const isDue = this.#options.clock.monotonic() >= this.#dueAt;
      this.#freshness.noteTry(isDue);
      const isOurs = this.#isClaimed ? await this.#row.refresh(isDue) : await this.#claim();
      this.#succeed(isOurs, isDue);
    } catch (error) {
      this.#failures++;
      this.#freshness.noteFailure(error);
      this.#schedule(Math.min(this.#backoff.next(), this.#intervalMs));
      this.#folder.failure(error);
    }
  }

  async #claim(): Promise<boolean> {
    await this.#row.claim();
    return this.#isClaimed = true;
  }

  #succeed(isOurs: boolean, isDue: boolean): void {
    const { clock } = this.#options;
    this.#failures = 0;
    this.#backoff.reset();
    this.#isRegistered = isOurs;
    this.#freshness.noteSuccess(isOurs, isDue);
    if (isOurs && isDue) this.#writtenAt = clock.monotonic();
    const untilDueMs = Math.max(0, this.#dueAt - clock.monotonic());
    this.#schedule(isOurs ? Math.min(untilDueMs, LOOK_MS) : Math.min(this.#intervalMs, LOOK_MS));
    this.#folder.success();
  }

  #schedule(afterMs: number): void {
    this.#nextAttemptAt = this.#options.clock.monotonic() + afterMs;
  }

  /**
   * Stops, and removes the row unless `keepsRow` is set or another service has written it since.
   * Never throws: a row that cannot be removed becomes stale.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Closes it, like {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#wake.abort();
    await this.#attempt;
    await this.#loop;
    this.#isRegistered = false;
    const { id, keepsRow = false, log, timeoutMs } = this.#options;
    this.#first.reject(new DriverError("CLOSED", `Registration of publisher "${id}" is closed`));
    if (!keepsRow) return await this.#row.deregister();
    if (!this.#isClaimed) return;
    log.info(`Publisher "${id}" keeps its row for the next start`, {
      consequence: `other services remove a row that is not refreshed for ${timeoutMs / 1000} s`,
    });
  }
}
