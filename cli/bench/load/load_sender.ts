import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { pause } from "../../../drivers/contract/waiting.ts";
import type { Clock } from "../../../service/base/clock.ts";
import {
  type LoadEventOptions,
  LoadEventWriter,
  type LoadPhase,
  type LoadStream,
} from "./load_event.ts";
import { Schedule } from "./schedule.ts";

/** What a {@linkcode LoadSender} works with. */
export interface LoadSenderOptions extends LoadEventOptions {
  /** Eight hexadecimal digits. */
  readonly run: string;
  /** Each publisher sends to each of them. */
  readonly topics: readonly string[];
  /** Events a second of all publishers together. @default as many as are taken */
  readonly rate?: number | undefined;
  /** The longest wait for an event to be taken. */
  readonly sendTimeoutMs: number;
  readonly clock: Clock;
  /** Lets everything else have its turn: timers, and what arrives. */
  readonly nextTurn: () => Promise<void>;
}

/** How long a load is: until the first of these. */
export interface LoadBounds {
  /** @default no limit */
  readonly events?: number | undefined;
  /** @default no limit */
  readonly durationMs?: number | undefined;
  /** Ends it early, which is no failure. */
  readonly signal: AbortSignal;
}

/** So many events go out before everything else has its turn. */
const BATCH = 256;

interface LoadTarget {
  readonly stream: LoadStream;
  readonly frames: FramePublisher;
  readonly writer: LoadEventWriter;
  readonly sent: Record<LoadPhase, number>;
}

/**
 * Sends the events of a load, by turns from each publisher to each topic, at a rate or as fast as
 * they are taken. Where there is no room it waits, as any publisher does.
 */
export class LoadSender {
  readonly #options: LoadSenderOptions;
  readonly #targets: readonly LoadTarget[];
  readonly #sent: Record<LoadPhase, number> = { warmup: 0, measure: 0, end: 0 };
  #turn = 0;

  /**
   * Nothing is sent yet; the publishers remain the caller's to close.
   *
   * @throws {RangeError} what {@linkcode LoadEventWriter} throws
   */
  constructor(publishers: readonly FramePublisher[], options: LoadSenderOptions) {
    this.#options = options;
    this.#targets = options.topics.flatMap((topic) =>
      publishers.map((frames, index) => {
        const stream = { run: options.run, publisher: index + 1, topic };
        const sent = { warmup: 0, measure: 0, end: 0 };
        return { stream, frames, writer: new LoadEventWriter(stream, options), sent };
      })
    );
  }

  /** How many events of a phase were taken. */
  sent(phase: LoadPhase): number {
    return this.#sent[phase];
  }

  /** The streams, and how many events to measure were taken of each. */
  get measured(): readonly { readonly stream: LoadStream; readonly sent: number }[] {
    return this.#targets.map(({ stream, sent }) => ({ stream, sent: sent.measure }));
  }

  /**
   * Sends until a bound is reached.
   *
   * @throws {DriverError} when an event is not taken in time, or at all; none follows it
   */
  async send(phase: LoadPhase, { events, durationMs, signal }: LoadBounds): Promise<void> {
    const { clock, rate } = this.#options;
    const startAt = clock.monotonic();
    const endAt = startAt + (durationMs ?? Infinity);
    const schedule = new Schedule(rate, startAt);
    let left = events ?? Infinity;
    for (let now = startAt; left > 0 && now < endAt && !signal.aborted; now = clock.monotonic()) {
      const due = schedule.take(now, Math.min(left, BATCH));
      await this.#sendAll(phase, due, signal);
      left -= due;
      const after = clock.monotonic();
      if (left > 0) await this.#pause(Math.min(schedule.waitMs(after), endAt - after), signal);
    }
  }

  /** Tells those who listen how many events there were of each stream. */
  async sendEnds(signal: AbortSignal): Promise<void> {
    for (const target of this.#targets) {
      if (signal.aborted) return;
      const seq = target.sent.measure;
      if (!this.#trySend(target, "end", seq)) await this.#sendOne(target, "end", { seq, signal });
    }
  }

  async #sendAll(phase: LoadPhase, count: number, signal: AbortSignal): Promise<void> {
    for (let left = count; left > 0 && !signal.aborted; left--) {
      const target = this.#targets[this.#turn];
      if (target === undefined) return;
      const seq = target.sent[phase] + 1;
      // What is taken at once costs no promise.
      if (!this.#trySend(target, phase, seq)) await this.#sendOne(target, phase, { seq, signal });
      this.#turn = (this.#turn + 1) % this.#targets.length;
    }
  }

  #trySend({ frames, writer, sent }: LoadTarget, phase: LoadPhase, seq: number): boolean {
    const payload = writer.write(phase, seq, this.#options.clock.micros());
    if (!frames.trySend(writer.topic, payload)) return false;
    sent[phase]++;
    this.#sent[phase]++;
    return true;
  }

  /** Waits until an event is taken that there was no room for; its time is that of the attempt. */
  async #sendOne(
    { frames, writer, sent }: LoadTarget,
    phase: LoadPhase,
    { seq, signal }: { readonly seq: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { clock, sendTimeoutMs: timeoutMs } = this.#options;
    try {
      const payload = writer.write(phase, seq, clock.micros());
      await frames.send(writer.topic, payload, { timeoutMs, signal });
      sent[phase]++;
      this.#sent[phase]++;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, nextTurn } = this.#options;
    if (ms <= 0) return await nextTurn();
    await pause(ms, signal, clock);
  }
}
