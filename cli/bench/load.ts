import { nextTurn } from "../../drivers/contract/next_turn.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { PublisherReport } from "../../service/publish/acceptance_report.ts";
import { loadTopics } from "./load/load_event.ts";
import { LoadSender } from "./load/load_sender.ts";
import { publisherOptions } from "../../service/publish/publisher.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import { openPublishFrames } from "../bus/publish_frames.ts";
import { DEFAULT_DURATION_S, MAX, type PubFlags } from "./bench_flags.ts";
import { percent, type SentFigures, throughput, withoutOthers } from "./bench_result.ts";

/** Maximum time for pending sends and the ends of streams after a signal. */
const ABORT_DELAY_MS = 1_000;

/** A load as its flags describe it: its publishers, its events, and its result. */
export class Load implements AsyncDisposable {
  /** Identifies this load: eight hexadecimal digits. */
  readonly run: string;
  readonly #composition: Composition;
  readonly #flags: PubFlags;
  #publishers: FramePublisher[] = [];
  #sender: LoadSender | undefined;
  #startAt: number | undefined;
  #endAt = 0;

  /**
   * Creates it without opening anything. @throws {UsageError} if it exceeds the limits of one
   * command
   */
  constructor(flags: PubFlags, composition: Composition) {
    checkAmount(flags);
    this.run = crypto.randomUUID().slice(0, 8);
    this.#flags = flags;
    this.#composition = composition;
  }

  /** Number of accepted events so far, without warm-up. */
  get sent(): number {
    return this.#sender?.sent("measure") ?? 0;
  }

  /** When the measurement began, by the monotonic clock; undefined before. */
  get startAt(): number | undefined {
    return this.#startAt;
  }

  /** The streams, and the number of accepted events of each, without warm-up. */
  get measured(): LoadSender["measured"] {
    return this.#sender?.measured ?? [];
  }

  /** Opens the publishers. @throws {DriverError | UsageError} */
  async open(): Promise<void> {
    const { config, clock } = this.#composition;
    const { publishers, topics, size, rate } = this.#flags;
    const sending = publisherOptions(config);
    for (let opened = 0; opened < publishers; opened++) {
      this.#publishers.push((await openPublishFrames(this.#composition)).frames);
    }
    this.#sender = new LoadSender(this.#publishers, {
      ...sending,
      run: this.run,
      topics: loadTopics(topics),
      size,
      maxEventBytes: config.get(pubSubMaxEventBytes),
      rate,
      clock,
      nextTurn,
    });
  }

  /**
   * Sends warm-up, measured events and ends, until it is done or the signal aborts.
   *
   * @param arrived resolves when the warm-up, which is sent, has also arrived. @default at once
   * @throws {DriverError}
   */
  async send(signal: AbortSignal, arrived?: () => Promise<void>): Promise<void> {
    const { warmup = 0, events } = this.#flags;
    const { clock } = this.#composition;
    const duration = this.#flags.duration ?? (events === undefined ? DEFAULT_DURATION_S : Infinity);
    using delayed = abortAfter(signal, ABORT_DELAY_MS, "Interrupted");
    if (warmup > 0) {
      await this.#sender?.send("warmup", { durationMs: warmup * 1000, signal });
      await arrived?.();
    }
    this.#startAt = clock.monotonic();
    try {
      await this.#sender?.send("measure", { events, durationMs: duration * 1000, signal });
    } finally {
      this.#endAt = clock.monotonic();
    }
    await this.#sender?.sendEnds(delayed.signal);
  }

  /** Closes the publishers and returns the figures of the sent events. */
  async close(timeoutMs: number): Promise<SentFigures> {
    const reports = await Promise.all(
      this.#publishers.map((frames): Promise<PublisherReport> => frames.close({ timeoutMs })),
    );
    const { sent } = this;
    const ms = this.#startAt === undefined ? 0 : this.#endAt - this.#startAt;
    const flushed = reports.every((report) => report.flushed);
    const all = sumOf(reports);
    const lossPercent = lossOf(all, flushed);
    const others = (this.#sender?.sent("warmup") ?? 0) + (this.#sender?.sent("end") ?? 0);
    const acceptance = all && withoutOthers(all, others);
    return { ...throughput(sent, sent * this.#flags.size, ms), acceptance, flushed, lossPercent };
  }

  /** Closes everything at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#publishers.map((frames) => frames[Symbol.asyncDispose]()));
  }
}

function checkAmount({ publishers, topics, size }: PubFlags): void {
  const streams = publishers * topics;
  if (streams > MAX.streams) {
    throw new UsageError(`--publishers times --topics: ${streams}, wanted at most ${MAX.streams}`);
  }
  if (streams * size > MAX.bytes) {
    const is = streams * size;
    throw new UsageError(
      `--publishers times --topics times --size: ${is}, wanted at most ${MAX.bytes}`,
    );
  }
}

function sumOf(reports: readonly PublisherReport[]): PublisherReport["acceptance"] {
  const each = reports.flatMap(({ acceptance }) => acceptance === undefined ? [] : [acceptance]);
  if (each.length === 0) return undefined;
  const sum = (name: "sent" | "accepted" | "refused" | "uncertain") =>
    each.reduce((total, report) => total + report[name], 0);
  return {
    sent: sum("sent"),
    accepted: sum("accepted"),
    refused: sum("refused"),
    uncertain: sum("uncertain"),
    isAcknowledged: each.every(({ isAcknowledged }) => isAcknowledged),
    isInterrupted: each.some(({ isInterrupted }) => isInterrupted),
  };
}

/** The original's service reports nothing, and a broker that has confirmed all events lost none. */
function lossOf(acceptance: PublisherReport["acceptance"], flushed: boolean): number | undefined {
  if (acceptance === undefined) return flushed ? 0 : undefined;
  if (!acceptance.isAcknowledged) return undefined;
  return percent(acceptance.refused + acceptance.uncertain, acceptance.sent);
}
