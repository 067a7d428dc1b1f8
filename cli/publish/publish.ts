import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import { WireError } from "../../service/event/codec/wire_error.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
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
import { exitCodeOf } from "../flags/failure.ts";
import { abortAfter } from "../terminal/delayed_abort.ts";
import type { Io } from "../terminal/io.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { oneLine } from "../terminal/log.ts";
import { Pace } from "./pace.ts";
import { PublishedTopics, type WaitNodesFlags } from "./published_topics.ts";
import { Progress } from "../terminal/progress.ts";
import { openPublishFrames } from "../bus/publish_frames.ts";
import { hasUncertain, isAllCertain, type Outcome, reportOutcome } from "./publish_outcome.ts";

/** The flags of `publish`; times are in seconds. */
export interface PublishFlags extends EventFlags, WaitNodesFlags {
  readonly rate?: number | undefined;
  readonly confirm?: true | undefined;
}

/** Publishes the events of the flags or of standard input, and reports how many were accepted. */
export async function publish(flags: PublishFlags, io: Io): Promise<ExitCode> {
  checkEventFlags(flags);
  const composition = await compose(flags, io);
  const { config: settings, log } = composition;
  const maxEventBytes = settings.get(pubSubMaxEventBytes);
  const value = await readValue(flags, io, maxEventBytes);
  const sending = publisherOptions(settings);
  const timeoutMs = flags.timeout === undefined ? sending.sendTimeoutMs : flags.timeout * 1000;
  const bounded = { ...sending, sendTimeoutMs: timeoutMs };
  const { frames, ...route } = await openPublishFrames(composition);
  await using publisher = new Publisher(frames, bounded);
  const why = "Interrupted before an event was accepted";
  using late = abortAfter(io.interrupted, ABORT_DELAY_MS, why);
  const { signal } = late;
  await using confirmation = flags.confirm
    ? await Confirmation.open(composition, { timeoutMs, signal })
    : undefined;
  const progress = new Progress(io.err, flags.quiet === true);
  const run = new Run({ io, log, publisher, confirmation, ...route, progress, signal });
  await run.publishAll(readEvents({ ...flags, value }, io, maxEventBytes), flags.rate);
  // An interrupt ends the wait even if --timeout is longer.
  const usualMs = Math.min(timeoutMs, sending.sendTimeoutMs);
  const code = await run.finish(flags, () => io.interrupted.aborted ? usualMs : timeoutMs);
  return code === EXIT.done ? await run.topics.waitForNodes(composition, frames, flags, io) : code;
}

/** Maximum number of unconfirmed events with --confirm. */
const CONFIRM_WINDOW = 1_000;
/** Time after a signal for pending events to be accepted, and to come back. */
const ABORT_DELAY_MS = 1_000;

interface Tools {
  readonly io: Io;
  readonly log: Logger;
  readonly publisher: Publisher;
  readonly confirmation: Confirmation | undefined;
  /** Maximum number of events that the transport may not have accepted yet. */
  readonly window: number;
  readonly isToService: boolean;
  /** Creates a group for events that are sent together. @default each event is sent alone */
  readonly openGroup: (() => SendGroup) | undefined;
  readonly progress: Progress;
  /** Aborts every wait for an event. */
  readonly signal: AbortSignal;
}

type EventItem = Exclude<InputItem, { readonly problem: string }>;

class Run {
  readonly #tools: Tools;
  readonly #io: Io;
  readonly #confirmation: Confirmation | undefined;
  readonly topics = new PublishedTopics();
  /** Limits the number of pending events. */
  readonly #room: Semaphore;
  /** The events that wait for their answers together. */
  #group: SendGroup | undefined;
  #begun = 0;
  #published = 0;
  #refused = 0;
  #failure: unknown;
  /** Why the first event was refused or is uncertain; later events were published nevertheless. */
  #firstUncertain: unknown;

  constructor(tools: Tools) {
    this.#tools = tools;
    this.#io = tools.io;
    this.#confirmation = tools.confirmation;
    this.#room = new Semaphore(tools.window);
    if (tools.confirmation === undefined) this.#group = tools.openGroup?.();
  }

  /** Publishes until the input ends, the service is unreachable, or a signal arrives. */
  async publishAll(events: ReturnType<typeof readEvents>, rate: number | undefined): Promise<void> {
    const pace = new Pace(rate, this.#io.interrupted);
    for await (const batch of events) {
      if (!(await this.#publishBatch(batch, pace))) break;
    }
    // When all of the semaphore is free, no event is pending.
    for (let free = 0; free < this.#tools.window; free++) await this.#room.acquire();
  }

  /** Returns false if publishing must stop. */
  async #publishBatch(batch: Iterable<InputItem>, pace: Pace): Promise<boolean> {
    for (const item of batch) {
      // After a failure nothing more is sent: the published events are the first of the input.
      if (!pace.tryNext() && !(await pace.next()) || this.#failure !== undefined) return false;
      if ("warning" in item && item.warning !== undefined) this.#sayLine(item.line, item.warning);
      if ("update" in item) this.topics.note(item.update.topic);
      if ("problem" in item) this.#refuse(item.line, item.problem);
      else if (!this.#publishNow(item)) await this.#begin(item);
      this.#tools.progress.show(() => `published ${this.#published} events …`);
      if (this.#failure !== undefined) return false;
      if (this.#confirmation !== undefined && !(await this.#mayGoOn())) return false;
    }
    return true;
  }

  /** Publishes an event without waiting; returns false if it has to wait. */
  #publishNow({ update, line }: EventItem): boolean {
    if (this.#confirmation !== undefined) return false;
    try {
      if (!this.#trySend(update)) return false;
      this.#published++;
    } catch (error) {
      this.#fail(error, line);
    }
    return true;
  }

  #trySend(update: DbUpdate): boolean {
    const { publisher, window } = this.#tools;
    if (this.#group === undefined) return window === 1 && publisher.trySendEvent(update);
    if (this.#group.failures.length > 0) this.#endGroup();
    return this.#group.taken < window && publisher.trySendEventIn(this.#group, update);
  }

  /** Publishes an event when the number of pending ones allows it. */
  async #begin(item: EventItem): Promise<void> {
    // Answers arrive in order: this one follows those of the group.
    if (this.#group !== undefined) return await this.#publishOne(item).then(() => this.#endGroup());
    const place = await this.#room.acquire();
    if (this.#failure !== undefined) return place[Symbol.dispose]();
    this.#begun++;
    void this.#publishOne(item).finally(() => place[Symbol.dispose]());
  }

  #endGroup(): void {
    for (const { error } of this.#group?.failures ?? []) this.#fail(error, undefined);
    this.#group = this.#tools.openGroup?.();
  }

  /** With more pending events than a subscriber's queue holds, some would not come back. */
  async #mayGoOn(): Promise<boolean> {
    if (this.#confirmation === undefined || this.#begun % CONFIRM_WINDOW !== 0) return true;
    return await this.#confirmation.allBack();
  }

  async #publishOne({ update, line }: EventItem): Promise<void> {
    let isExpected = false;
    try {
      await this.#confirmation?.expect(update);
      isExpected = true;
      await this.#tools.publisher.sendEvent(update, this.#tools);
      this.#published++;
    } catch (error) {
      if (isExpected) this.#confirmation?.forget(update);
      this.#fail(error, line);
    }
  }

  /** An invalid event concerns only its line; any other error would also affect the next events. */
  #fail(error: unknown, line: number | undefined): void {
    const concernsLine = error instanceof WireError || error instanceof RangeError;
    if (line !== undefined && concernsLine) this.#refuse(line, messageOf(error));
    else if (this.#concernsEvent(error)) this.#firstUncertain ??= error;
    else this.#failure = error;
  }

  /** A refusal by the service concerns one event; a lost connection concerns the sent ones. */
  #concernsEvent(error: unknown): boolean {
    if (!this.#tools.isToService || !(error instanceof DriverError)) return false;
    return error.code === "REFUSED" || (error.code === "TRANSPORT_FAILED" && error.isUncertain);
  }

  #refuse(line: number, problem: string): void {
    this.#refused++;
    this.#sayLine(line, problem);
  }

  #sayLine(line: number | undefined, text: string): void {
    this.#tools.progress.clear();
    this.#io.err.write(`Line ${line} of standard input: ${oneLine(text)}\n`);
  }

  async finish(flags: PublishFlags, timeoutMs: () => number): Promise<ExitCode> {
    const outcome = await this.#outcome(timeoutMs);
    this.#tools.progress.clear();
    const trouble = this.#failure ?? this.#firstUncertain;
    if (trouble !== undefined) {
      this.#io.err.write(`df-pubsub: ${oneLine(messageOf(trouble))}\n`);
    }
    reportOutcome(outcome, flags, this.#io);
    if (this.#failure !== undefined) {
      return hasUncertain(outcome) ? EXIT.failed : exitCodeOf(this.#failure);
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
    const report = await this.#tools.publisher.close({ timeoutMs: timeoutMs() });
    if (this.#group !== undefined) this.#endGroup();
    if (report.acceptance?.isAcknowledged === false && report.acceptance.sent > 0) {
      this.#tools.log.debug(
        "The publisher service does not confirm events: it may not have received all of them",
      );
    }
    // Sent events that were not accepted are among those that the other end has answered.
    const published = report.acceptance?.sent ?? this.#published;
    const base = { published, refused: this.#refused, ...report };
    return isConfirming ? { ...base, confirmed: latenciesMs.length, latenciesMs } : base;
  }
}
