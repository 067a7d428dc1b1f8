import { Backoff } from "../../contract/backoff.ts";
import { pause, waitFor } from "../../contract/waiting.ts";
import { Notifier } from "../notifier.ts";
import { Reason } from "../reason.ts";
import type { EtcdClient } from "./client.ts";
import { explainEtcd } from "./errors.ts";
import type { AnswerStream, EtcdAnswer } from "./http.ts";
import { readNewest, readRanges } from "./range_readings.ts";
import type { EtcdWatch, RangeReading } from "./watch.ts";
import { WatchAnswers, watchRequest } from "./watch_answers.ts";

const SILENCE_MS = 10_000;
/** Maximum time between two confirmations of watches of one stream. */
const CONFIRM_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
const SET_BACK = "the database was set back to an earlier state";

/** Options of a {@linkcode WatchStream}. */
export interface WatchStreamOptions {
  readonly client: EtcdClient;
  /** Resolves when there is room for events. @default at once */
  readonly untilRoom?: () => Promise<void>;
  /**
   * After this time without an answer, in milliseconds, the stream compares what it has sent with
   * the database. After the same time it also requests refused watches again.
   *
   * @default 10_000
   */
  readonly silenceMs?: number;
}

/**
 * Some watches on one connection. The gateway takes watches only at the beginning of a stream, so a
 * further watch makes it begin anew; each watch goes on where it stands. A lost stream is restored
 * at the next member, with a backoff of 0.1 to 5 s.
 */
export class WatchStream {
  readonly #options: WatchStreamOptions;
  readonly #watches = new Set<EtcdWatch>();
  readonly #changed = new Notifier();
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
  readonly #running: Promise<void>;
  /** Ends the current stream. */
  #stop = new AbortController();
  /** Index of the member; it begins anywhere, so that streams are spread over the members. */
  #at = Math.floor(1_000 * Math.random());
  /** Whether the watches are others than those of the current stream. */
  #isOutdated = false;
  #isComplete = false;
  /** Whether the last stream was lost: the database may have been set back since then. */
  #wasLost = false;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Number of watches. */
  get size(): number {
    return this.#watches.size;
  }

  has(watch: EtcdWatch): boolean {
    return this.#watches.has(watch);
  }

  add(watch: EtcdWatch): void {
    this.#watches.add(watch);
    this.#beginAnew();
  }

  delete(watch: EtcdWatch): void {
    this.#watches.delete(watch);
    this.#beginAnew();
  }

  /** Begins anew after the current task, but not before the current stream has begun. */
  #beginAnew(): void {
    this.#isOutdated = true;
    queueMicrotask(() => {
      this.#changed.notify();
      if (this.#isOutdated && this.#isComplete) this.#stop.abort();
    });
  }

  /** Ends without calling the watches. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#stop.abort();
    this.#changed.notify();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#watches.size === 0) await this.#changed.wait();
      else await this.#readOnce();
    }
  }

  /** Reads one stream to its end. */
  async #readOnce(): Promise<void> {
    const { signal } = this.#stop = new AbortController();
    this.#isOutdated = this.#isComplete = false;
    const watches = [...this.#watches];
    const body = (prefix: string) => watchRequest(watches, prefix);
    const request = { method: "watch", body, at: this.#at, signal };
    try {
      await this.#options.client.stream(request, (answers) => this.#read(answers, watches));
    } catch (thrown) {
      if (!signal.aborted) await this.#lose(explainEtcd(thrown));
    } finally {
      this.#stop.abort();
    }
  }

  async #lose(reason: string): Promise<void> {
    this.#wasLost = true;
    for (const watch of this.#watches) watch.lose(reason);
    this.#at++;
    await pause(this.#backoff.next(), this.#closing.signal);
  }

  /** Hands answers out until the stream has to begin anew. @throws when it is lost */
  async #read({ first, rest }: AnswerStream, watches: readonly EtcdWatch[]): Promise<void> {
    const answers = new WatchAnswers(watches);
    const fresh = watches.filter(({ after }) => after === undefined);
    answers.take(first);
    while (!answers.isComplete) {
      answers.take(taken(await waitFor(rest.next(), { timeoutMs: CONFIRM_MS })));
    }
    this.#isComplete = true;
    this.#backoff.reset();
    if (answers.isForeign || answers.isAhead && await this.#cutBack(watches)) return;
    if (this.#wasLost && await this.#skipAfterSetBack(watches)) return;
    this.#wasLost = false;
    // Records the present state, so that a later read shows whether a missing key was deleted since.
    await this.#isLevel(fresh);
    const timeoutMs = this.#options.silenceMs ?? SILENCE_MS;
    const hasRefused = watches.some(({ isRefused }) => isRefused);
    const retryAt = hasRefused ? performance.now() + timeoutMs : Infinity;
    let next: ReturnType<typeof rest.next> | undefined;
    while (!this.#isOutdated && performance.now() < retryAt) {
      if (answers.compactedTo > 0) return await this.#skipCompacted(watches, answers.compactedTo);
      await this.#options.untilRoom?.();
      next ??= rest.next();
      const result = await waitFor(next, { timeoutMs }, () => undefined);
      if (result !== undefined) {
        next = undefined;
        answers.take(taken(result));
      } else if (!await this.#isLevel(watches)) return void this.#at++;
    }
  }

  /** Whether nothing has happened that the stream has not sent. */
  async #isLevel(watches: readonly EtcdWatch[]): Promise<boolean> {
    const open = watches.filter(({ isRefused }) => !isRefused);
    const areLevel = (await this.#readings(open)).map(([watch, reading]) => watch.compare(reading));
    return areLevel.every((isLevel) => isLevel);
  }

  /** Continues after the compacted revisions, with a gap if they may have contained events. */
  async #skipCompacted(watches: readonly EtcdWatch[], kept: number): Promise<void> {
    const behind = watches.filter(({ after, isRefused }) =>
      !isRefused && (after ?? kept) + 1 < kept
    );
    for (const [watch, reading] of await this.#readings(behind, kept)) {
      if (watch.compare(reading)) continue;
      watch.skip(kept - 1, "its later events were compacted before they were read");
    }
  }

  /** Corrects watches that are further than the database. @returns whether there were any */
  async #cutBack(watches: readonly EtcdWatch[]): Promise<boolean> {
    let wereAny = false;
    for (const [watch, { revision }] of await this.#readings(watches)) {
      if ((watch.after ?? 0) <= revision) continue;
      watch.skip(revision, SET_BACK);
      wereAny = true;
    }
    return wereAny;
  }

  /**
   * Lets watches skip to the current revision, if their events are not in the history of the
   * database: it was set back, and has passed their revision since then.
   *
   * @returns whether there was such a watch
   */
  async #skipAfterSetBack(watches: readonly EtcdWatch[]): Promise<boolean> {
    const haveSkipped = await Promise.all(watches.map(async (watch) => {
      const { range, after = 0, isRefused } = watch;
      if (after === 0 || isRefused) return false;
      const found = await readNewest(this.#options.client, range, after);
      if (found === undefined || watch.hasHistoryOf(found.newest)) return false;
      watch.skip(found.revision, SET_BACK);
      return true;
    }));
    return haveSkipped.includes(true);
  }

  async #readings(
    watches: readonly EtcdWatch[],
    at?: number,
  ): Promise<(readonly [EtcdWatch, RangeReading])[]> {
    const ranges = watches.map(({ range }) => range);
    const readings = await readRanges(this.#options.client, ranges, at);
    return watches.flatMap((watch, index) => {
      const reading = readings[index];
      return reading === undefined ? [] : [[watch, reading] as const];
    });
  }
}

function taken({ value, done }: IteratorResult<EtcdAnswer>): EtcdAnswer {
  if (done) throw new Reason("it ended the stream");
  return value;
}
