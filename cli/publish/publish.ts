import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { WireError } from "../../service/event/codec/wire_error.ts";
import { Publisher, publisherOptions } from "../../service/publish/publisher.ts";
import { compose } from "../composition.ts";
import { Confirmation } from "./confirmation.ts";
import {
  checkEventFlags,
  type EventFlags,
  type InputItem,
  readEvents,
  readValue,
} from "./event_input.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { exitCodeOf, UsageError } from "../flags/failure.ts";
import { graceAfter } from "../terminal/grace.ts";
import type { Io } from "../terminal/io.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { oneLine } from "../terminal/log.ts";
import type { NodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { Pace } from "./pace.ts";
import { Progress } from "../terminal/progress.ts";
import { tellApplied, waitForNodes } from "../bus/applied_outcome.ts";
import { localService } from "../bus/service_places.ts";
import { placeOf } from "../../service/fleet/service_place.ts";
import { openPublishFrames } from "../bus/publish_frames.ts";
import { isAllCertain, isInDoubt, type Outcome, reportOutcome } from "./publish_outcome.ts";

/** The flags of `publish`; times are in seconds. */
export interface PublishFlags extends EventFlags {
  readonly rate?: number | undefined;
  readonly timeout?: number | undefined;
  readonly confirm?: true | undefined;
  readonly waitNodes?: NodesWanted | undefined;
  readonly ignoreOlderThan?: number | undefined;
  readonly json?: true | undefined;
}

/** Publishes what the flags or standard input say, and tells how much of it was taken. */
export async function publish(flags: PublishFlags, io: Io): Promise<ExitCode> {
  checkEventFlags(flags);
  const composition = await compose(flags, io);
  const { config: settings, log } = composition;
  const maxEventBytes = settings.get(pubSubMaxEventBytes);
  const value = await readValue(flags, io, maxEventBytes);
  const sending = publisherOptions(settings);
  const timeoutMs = flags.timeout === undefined ? sending.sendTimeoutMs : flags.timeout * 1000;
  const bounded = { ...sending, sendTimeoutMs: timeoutMs };
  const { frames, window, isToService } = await openPublishFrames(composition);
  await using publisher = new Publisher(frames, bounded);
  using grace = graceAfter(io.interrupted, GRACE_MS, "Interrupted before an event was taken");
  const { signal } = grace;
  await using confirmation = flags.confirm
    ? await Confirmation.open(composition, { timeoutMs, signal })
    : undefined;
  const progress = new Progress(io.err, flags.quiet === true);
  const run = new Run({ io, log, publisher, confirmation, window, isToService, progress, signal });
  await run.publishAll(readEvents({ ...flags, value }, io, maxEventBytes), flags.rate);
  // Who wants it to end has no patience beyond the usual.
  const usualMs = Math.min(timeoutMs, sending.sendTimeoutMs);
  const code = await run.finish(flags, () => io.interrupted.aborted ? usualMs : timeoutMs);
  if (flags.waitNodes === undefined || code !== EXIT.done) return code;
  const place = frames.service && placeOf(frames.service, frames.address);
  const places = [place ?? localService(composition)];
  const { waitNodes: nodes, ignoreOlderThan, timeout, json, quiet: isQuiet = false } = flags;
  const wanted = { topics: run.topics, nodes, ignoreOlderThan, timeout, isQuiet };
  const reports = await waitForNodes(places, wanted, io);
  return tellApplied(reports, io, { asJson: json ?? !io.out.isTerminal, isQuiet });
}

/** More topics are not waited for: each takes a request. */
const MAX_TOPICS = 100;

/** At most so many events are out at a time while their return is watched. */
const CONFIRM_WINDOW = 1_000;
/** After a signal, what is under way may still be taken, and come back, for so long. */
const GRACE_MS = 1_000;

interface Tools {
  readonly io: Io;
  readonly log: Logger;
  readonly publisher: Publisher;
  readonly confirmation: Confirmation | undefined;
  /** How many events may be on their way to the transport at a time. */
  readonly window: number;
  readonly isToService: boolean;
  readonly progress: Progress;
  /** Ends every wait for an event. */
  readonly signal: AbortSignal;
}

type EventItem = Exclude<InputItem, { readonly problem: string }>;

class Run {
  readonly #tools: Tools;
  readonly #io: Io;
  readonly #confirmation: Confirmation | undefined;
  readonly #underWay = new Set<Promise<void>>();
  readonly #topics = new Set<string>();
  #begun = 0;
  #published = 0;
  #refused = 0;
  #failure: unknown;
  /** Why the first event was refused or is uncertain; those after it were published all the same. */
  #firstDoubt: unknown;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#io = tools.io;
    this.#confirmation = tools.confirmation;
  }

  /** The topics of the events. @throws {UsageError} for more than can be waited for */
  get topics(): readonly string[] {
    if (this.#topics.size <= MAX_TOPICS) return [...this.#topics];
    throw new UsageError(`--wait-nodes: ${this.#topics.size} topics, wanted at most ${MAX_TOPICS}`);
  }

  /** Publishes until the input ends, the service is out of reach, or a signal. */
  async publishAll(events: ReturnType<typeof readEvents>, rate: number | undefined): Promise<void> {
    const pace = new Pace(rate, this.#io.interrupted);
    for await (const batch of events) {
      if (!(await this.#publishBatch(batch, pace))) break;
    }
    await Promise.all(this.#underWay);
  }

  /** False when nothing more is to be published. */
  async #publishBatch(batch: Iterable<InputItem>, pace: Pace): Promise<boolean> {
    for (const item of batch) {
      // After a failure nothing more is begun: what was published are the first of the input.
      if (!pace.tryNext() && !(await pace.next()) || this.#failure !== undefined) return false;
      if ("warning" in item && item.warning !== undefined) this.#sayOfLine(item.line, item.warning);
      if ("update" in item && this.#topics.size <= MAX_TOPICS) this.#topics.add(item.update.topic);
      if ("problem" in item) this.#refuse(item.line, item.problem);
      else if (!this.#publishNow(item)) await this.#begin(item);
      this.#tools.progress.show(() => `published ${this.#published} events …`);
      if (this.#failure !== undefined || !this.#isFree && !(await this.#mayGoOn())) return false;
    }
    return true;
  }

  /** Whether events only have to be handed over: nothing confirms them, one by one. */
  get #isFree(): boolean {
    return this.#confirmation === undefined && this.#tools.window === 1;
  }

  /** Publishes an event without waiting; false when it has to be waited for. */
  #publishNow({ update, line }: EventItem): boolean {
    if (!this.#isFree) return false;
    try {
      if (!this.#tools.publisher.trySendEvent(update)) return false;
      this.#published++;
    } catch (error) {
      this.#fail(error, line);
    }
    return true;
  }

  /** Publishes an event; waits for one of those under way when there are as many as may be. */
  async #begin(item: EventItem): Promise<void> {
    this.#begun++;
    const publishing = this.#publishOne(item).finally(() => {
      this.#underWay.delete(publishing);
    });
    this.#underWay.add(publishing);
    if (this.#underWay.size >= this.#tools.window) await Promise.race(this.#underWay);
  }

  /** With more on its way than a subscriber's queue holds, some would not come back. */
  async #mayGoOn(): Promise<boolean> {
    if (this.#confirmation === undefined || this.#begun % CONFIRM_WINDOW !== 0) return true;
    return await this.#confirmation.allBack();
  }

  async #publishOne({ update, line }: EventItem): Promise<void> {
    let isExpected = false;
    try {
      await this.#confirmation?.expect(update);
      isExpected = true;
      await this.#tools.publisher.sendEvent(update, this.#tools.signal);
      this.#published++;
    } catch (error) {
      if (isExpected) this.#confirmation?.forget(update);
      this.#fail(error, line);
    }
  }

  /** An event that is none concerns its own line; anything else would befall the next as well. */
  #fail(error: unknown, line: number | undefined): void {
    const concernsLine = error instanceof WireError || error instanceof RangeError;
    if (line !== undefined && concernsLine) this.#refuse(line, messageOf(error));
    else if (this.#concernsEvent(error)) this.#firstDoubt ??= error;
    else this.#failure = error;
  }

  /** What a service refuses concerns one event, and what a lost connection takes those that were sent. */
  #concernsEvent(error: unknown): boolean {
    if (!this.#tools.isToService || !(error instanceof DriverError)) return false;
    return error.code === "REFUSED" || (error.code === "TRANSPORT_FAILED" && error.isUncertain);
  }

  #refuse(line: number, problem: string): void {
    this.#refused++;
    this.#sayOfLine(line, problem);
  }

  #sayOfLine(line: number | undefined, text: string): void {
    this.#tools.progress.clear();
    this.#io.err.write(`Line ${line} of standard input: ${oneLine(text)}\n`);
  }

  async finish(flags: PublishFlags, timeoutMs: () => number): Promise<ExitCode> {
    const outcome = await this.#outcome(timeoutMs);
    this.#tools.progress.clear();
    const trouble = this.#failure ?? this.#firstDoubt;
    if (trouble !== undefined) {
      this.#io.err.write(`df-pubsub: ${oneLine(messageOf(trouble))}\n`);
    }
    reportOutcome(outcome, flags, this.#io);
    if (this.#failure !== undefined) {
      return isInDoubt(outcome) ? EXIT.failed : exitCodeOf(this.#failure);
    }
    if (outcome.confirmed !== undefined && outcome.confirmed < outcome.published) {
      return EXIT.timedOut;
    }
    const wanted = flags.stdin ? 0 : flags.count ?? 1;
    if (outcome.published < wanted) {
      this.#io.err.write(`interrupted after ${outcome.published} of ${wanted} events\n`);
      return EXIT.failed;
    }
    return outcome.refused === 0 && isAllCertain(outcome) ? EXIT.done : EXIT.failed;
  }

  async #outcome(timeoutMs: () => number): Promise<Outcome> {
    const isConfirming = this.#confirmation !== undefined && this.#failure === undefined;
    if (isConfirming) await this.#confirmation?.allBack();
    const latenciesMs = this.#confirmation?.latenciesMs ?? [];
    const report = await this.#tools.publisher.close(timeoutMs());
    if (report.acceptance?.isAcknowledged === false && report.acceptance.sent > 0) {
      this.#tools.log.debug(
        "The publisher service does not tell what it accepts: events that left are not proven",
      );
    }
    // Those that were sent and not accepted are among those that the other end has answers for.
    const published = report.acceptance?.sent ?? this.#published;
    const base = { published, refused: this.#refused, ...report };
    return isConfirming ? { ...base, confirmed: latenciesMs.length, latenciesMs } : base;
  }
}
