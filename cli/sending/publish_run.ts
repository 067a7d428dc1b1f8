import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import { WireError } from "../../service/event/codec/wire_error.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { Publisher } from "../../service/publish/publisher.ts";
import { exitCodeOf } from "../flags/failure.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import type { Progress } from "../terminal/progress.ts";
import type { Confirmation } from "./confirmation.ts";
import type { EventItem, InputItem } from "./input_item.ts";
import { Pace } from "./pace.ts";
import { hasUncertain, isAllCertain, type Outcome, reportOutcome } from "./publish_outcome.ts";
import { PublishedTopics } from "./published_topics.ts";

/** Maximum number of unconfirmed events with --confirm. */
const CONFIRM_WINDOW = 1_000;
/** Options of a {@linkcode PublishRun}. */
export interface RunTools {
  readonly io: Io;
  readonly log: Logger;
  readonly publisher: Publisher;
  readonly confirmation: Confirmation | undefined;
  /** Maximum number of events that the transport may not have accepted yet. */
  readonly window: number;
  readonly isToService: boolean;
  /** Creates a group for events that are sent together. @default each event is sent alone */
  readonly openGroup: (() => SendGroup) | undefined;
  /** Called with the topics of events that a broker has not taken. @default ignored */
  readonly onLoss?: ((topics: Iterable<string>) => Promise<void>) | undefined;
  /** Called with the line of each invalid event, which is not published. @default ignored */
  readonly onInvalid?: ((line: number) => void) | undefined;
  readonly progress: Progress;
  /** The input in messages: `standard input`, or a file. */
  readonly input: string;
  /** Aborts every wait for an event. */
  readonly signal: AbortSignal;
}

/** The flags of the report at the end. */
export interface FinishFlags {
  readonly stdin?: true | undefined;
  readonly count?: number | undefined;
  readonly json?: true | undefined;
  readonly quiet?: boolean | undefined;
}

/** Publishes events from an input, and reports how many were accepted. */
export class PublishRun {
  readonly #tools: RunTools;
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
  /** Whether publishing stopped before an event that was ready. */
  #isCut = false;
  #failure: unknown;
  #result: Outcome | undefined;
  /** Why the first event was refused or is uncertain; later events were published nevertheless. */
  #firstUncertain: unknown;

  constructor(tools: RunTools) {
    this.#tools = tools;
    this.#io = tools.io;
    this.#confirmation = tools.confirmation;
    this.#room = new Semaphore(tools.window);
    if (tools.confirmation === undefined) this.#group = tools.openGroup?.();
  }

  /** Publishes until the input ends or fails, the service is unreachable, or a signal arrives. */
  async publishAll(
    events: AsyncIterable<Iterable<InputItem>>,
    rate: number | undefined,
  ): Promise<void> {
    const pace = new Pace(rate, this.#io.interrupted);
    try {
      for await (const batch of events) {
        if (!(await this.#publishBatch(batch, pace))) break;
      }
    } catch (error) {
      if (this.#published + this.#refused + this.#begun === 0) throw error;
      // The report also counts the events before the failure.
      this.#failure = new Error(messageOf(error), { cause: error });
    }
    // When all of the semaphore is free, no event is pending.
    for (let free = 0; free < this.#tools.window; free++) await this.#room.acquire();
  }

  /** Returns false if publishing must stop. */
  async #publishBatch(batch: Iterable<InputItem>, pace: Pace): Promise<boolean> {
    for (const item of batch) {
      // After a failure nothing more is sent: the published events are the first of the input.
      if (!pace.tryNext() && !(await pace.next()) || this.#failure !== undefined) {
        // What is not an event may be the rest of a line that the signal has cut off.
        this.#isCut = "update" in item;
        if (this.#isCut || this.#failure !== undefined) return false;
        continue;
      }
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
    if (line !== undefined && concernsLine) {
      this.#tools.onInvalid?.(line);
      this.#refuse(line, messageOf(error));
    } else if (this.#concernsEvent(error)) this.#firstUncertain ??= error;
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
    this.#io.err.write(`Line ${line} of ${this.#tools.input}: ${oneLine(text)}\n`);
  }

  /** Number of events that were accepted or refused; the others may have been published, too. */
  get answered(): number {
    const { acceptance } = this.#result ?? {};
    if (acceptance?.isAcknowledged !== true) return this.#published;
    return acceptance.accepted + acceptance.refused;
  }

  /** Waits for the answers, and reports the outcome. */
  async finish(flags: FinishFlags, timeoutMs: () => number): Promise<ExitCode> {
    const outcome = this.#result = await this.#outcome(timeoutMs);
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
    if (flags.stdin && this.#isCut) {
      this.#io.err.write(`interrupted before the end of ${this.#tools.input}\n`);
      return EXIT.failed;
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
    const { isBroker = false, refused = 0, uncertain = 0 } = report.acceptance ?? {};
    if (isBroker && refused + uncertain > 0) await this.#tools.onLoss?.(this.topics);
    // Sent events that were not accepted are among those that the other end has answered.
    const published = report.acceptance?.sent ?? this.#published;
    const base = { published, refused: this.#refused, ...report };
    return isConfirming ? { ...base, confirmed: latenciesMs.length, latenciesMs } : base;
  }
}
