import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Requester } from "../../drivers/contract/requests.ts";
import type { Clock } from "../base/clock.ts";
import {
  decodeAcceptanceAnswer,
  encodeAcceptanceRequest,
} from "../protocol/acceptance_protocol.ts";
import type { Answering, SentSpan } from "./sent_span.ts";

/** What an {@linkcode AcceptanceAsker} works with. */
export interface AcceptanceAskerOptions {
  readonly openRequester: () => Promise<Requester>;
  /** A service with nobody to ask for so long is taken for an original's. */
  readonly patienceMs: number;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  readonly log: Logger;
}

/** What is asked about a span, and for how long. */
export interface Question {
  /** What the service's count is to come to before it answers. */
  readonly wanted: number;
  /** The most it may take. */
  readonly timeoutMs: number;
  /** How long the service may wait with its answer. @default not much less than `timeoutMs` */
  readonly waitMs?: number;
}

/** An answer may be so late before it is given up. */
const SLACK_MS = 500;
/** Where there was nobody to ask, somebody may come. */
const AGAIN_MS = 5_000;
/** What a service says without waiting has not changed a moment later. */
const PAUSE_MS = 50;

const CHANGES: Readonly<Record<Exclude<Answering, "unknown">, string>> = {
  yes: "The publisher service tells what it accepts: events are certain again",
  silent:
    "The publisher service does not answer what it accepts: events are uncertain until it does",
  no: "The publisher service does not tell what it accepts: events that left are not proven",
};

/** Asks the service, one question at a time for each span, and takes the answers into the span. */
export class AcceptanceAsker implements AsyncDisposable {
  readonly #options: AcceptanceAskerOptions;
  readonly #closed = new AbortController();
  readonly #probes = new WeakMap<SentSpan, Promise<void>>();
  #requester: Promise<Requester> | undefined;
  /** What the log says of the service; it answers, unless that says otherwise. */
  #told: Exclude<Answering, "unknown"> = "yes";

  /** Nothing is opened before the first question. */
  constructor(options: AcceptanceAskerOptions) {
    this.#options = options;
  }

  /**
   * Finds out whether a service answers, once for each span. Begin it when the service is there: from
   * then on somebody to ask has `patienceMs` to come. Who is there and has not answered by then is
   * only slow.
   */
  probe(span: SentSpan): Promise<void> {
    const begun = this.#probes.get(span) ?? this.#probe(span);
    this.#probes.set(span, begun);
    return begun;
  }

  /** Asks once more, after a while, a service that was found not to answer. */
  async probeAgain(span: SentSpan): Promise<void> {
    await this.#options.clock.sleep(AGAIN_MS, this.#closed.signal).catch(() => {});
    if (!this.#closed.signal.aborted) await this.#probe(span);
  }

  async #probe(span: SentSpan): Promise<void> {
    const timeoutMs = this.#options.patienceMs;
    const found = await this.#request(span, { wanted: 0, waitMs: 0, timeoutMs });
    if (found !== undefined && span.answering !== "yes") this.#note(span, found);
  }

  #note(span: SentSpan, answering: Exclude<Answering, "unknown">): void {
    span.answering = answering;
    if (span.isOver || answering === this.#told) return;
    this.#told = answering;
    this.#options.log.warn(CHANGES[answering]);
  }

  /**
   * Asks about a span until the service's count comes to `wanted`, but no longer than `timeoutMs`. It
   * may take less time although it has not.
   */
  async ask(span: SentSpan, question: Question, signal?: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    const before = span.handled;
    await this.#request(span, question, signal);
    if (span.handled > before) return;
    const leftMs = PAUSE_MS - (clock.monotonic() - startedAt);
    if (leftMs > 0) await clock.sleep(leftMs, this.#until(signal)).catch(() => {});
  }

  /** What it says of the service, if it ends before this does. */
  async #request(
    span: SentSpan,
    { wanted, timeoutMs, waitMs = Math.max(timeoutMs - SLACK_MS, timeoutMs / 2) }: Question,
    signal?: AbortSignal,
  ): Promise<"yes" | "silent" | "no" | undefined> {
    const { publisher } = span;
    const until = this.#until(signal);
    try {
      const requester = await this.#open();
      const request = encodeAcceptanceRequest({ publisher, wanted, waitMs });
      span.note(
        decodeAcceptanceAnswer(await requester.request(request, { timeoutMs, signal: until })),
      );
      this.#note(span, "yes");
      return "yes";
    } catch (error) {
      // No answer, or none to rely on: nothing is known that was not known before.
      this.#options.log.debug(`Asking what was accepted: ${messageOf(error)}`);
      if (until.aborted) return undefined;
      // Whatever else went wrong does not mean that nobody could be asked.
      return error instanceof DriverError && error.code === "NO_RESPONDER" ? "no" : "silent";
    }
  }

  async #open(): Promise<Requester> {
    const opening = this.#requester ??= this.#options.openRequester();
    try {
      return await opening;
    } catch (error) {
      if (this.#requester === opening) this.#requester = undefined;
      throw error;
    }
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    const { signal: closed } = this.#closed;
    return signal === undefined ? closed : AbortSignal.any([closed, signal]);
  }

  /** Ends what is asked, and closes the requester. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error("The publisher is closed"));
    const requester = await this.#requester?.catch(() => undefined);
    await requester?.[Symbol.asyncDispose]();
  }
}
