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

/** Options of a {@linkcode LoadSender}. */
export interface LoadSenderOptions extends LoadEventOptions {
  /** Eight hexadecimal digits. */
  readonly run: string;
  /** Each publisher sends to each of these topics. */
  readonly topics: readonly string[];
  /** Events per second of all publishers together. @default no limit */
  readonly rate?: number | undefined;
  /** Maximum time to wait until an event is accepted. */
  readonly sendTimeoutMs: number;
  readonly clock: Clock;
  /** Lets other work of the event loop run: timers and arrivals. */
  readonly nextTurn: () => Promise<void>;
}

/** The bounds of a load, of which the first one ends it. */
export interface LoadBounds {
  /** Maximum number of events. @default no limit */
  readonly events?: number | undefined;
  /** Maximum duration. @default no limit */
  readonly durationMs?: number | undefined;
  /** Ends it early, without an error. */
  readonly signal: AbortSignal;
}

/** Number of events that are sent before other work of the event loop runs. */
const BATCH = 256;

interface LoadTarget {
  readonly stream: LoadStream;
  readonly frames: FramePublisher;
  readonly writer: LoadEventWriter;
  readonly sent: Record<LoadPhase, number>;
}

/**
 * Sends the events of a load, alternating between publishers and topics, at a rate or as fast as
 * they are accepted. If there is no room it waits, as every publisher does.
 */
export class LoadSender {
  readonly #options: LoadSenderOptions;
  readonly #targets: readonly LoadTarget[];
  readonly #sent: Record<LoadPhase, number> = { warmup: 0, measure: 0, end: 0 };
  #turn = 0;

  /**
   * Creates it without sending anything. The caller closes the publishers.
   *
   * @throws {RangeError} the errors of {@linkcode LoadEventWriter}
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

  /** Number of accepted events of a phase. */
  sent(phase: LoadPhase): number {
    return this.#sent[phase];
  }

  /** The streams, and the number of accepted measured events of each. */
  get measured(): readonly { readonly stream: LoadStream; readonly sent: number }[] {
    return this.#targets.map(({ stream, sent }) => ({ stream, sent: sent.measure }));
  }

  /**
   * Sends until a bound is reached.
   *
   * @throws {DriverError} if an event is not accepted, or not in time; the sender then stops
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

  /** Tells the subscribers how many events each stream had. */
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
      // An event that is accepted at once needs no promise.
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

  /**
   * Waits until an event is accepted for which there was no room; its time is that of the first
   * attempt.
   */
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
