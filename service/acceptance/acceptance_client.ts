import { AcceptanceAsker, type Question } from "./acceptance_asker.ts";
import { connectionLost, eventRefused, notInTime } from "./acceptance_errors.ts";
import type { AcceptanceClientOptions, AcceptanceWait } from "./acceptance_client_options.ts";
import type { AcceptanceReport } from "../publish/acceptance_report.ts";
import { SentSpan } from "./sent_span.ts";
import { SpanHistory } from "./span_history.ts";

interface Inquiry {
  /** Ends it. */
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

/** A question waits no longer for its answer: what becomes of it in a restart is known so soon. */
const ROUND_MS = 1_500;
/** How long after the end of the connection a service may still say what it has accepted. */
const LAST_WORD_MS = 1_000;

/**
 * Keeps the account of what a local publisher has sent and of what the service has accepted of it.
 *
 * One question is under way at a time, however many wait for the answer. The service gives it when
 * the first of those is served, or, when nobody waits, all that was sent by then. Nothing is asked
 * while nothing is uncertain. A loss of the connection begins a new span, under a new id, so that
 * counts never mix what was sent before with what was sent after it. A service with nobody to ask, as
 * the original's, is asked only now and then whether it answers by now; waits then end at once.
 */
export class AcceptanceClient implements AsyncDisposable {
  readonly #options: AcceptanceClientOptions;
  readonly #asker: AcceptanceAsker;
  readonly #history = new SpanHistory();
  readonly #inquiries = new Map<SentSpan, Inquiry>();
  #span: SentSpan;
  #isClosing = false;

  /** Nothing is opened before the first question. */
  constructor(options: AcceptanceClientOptions) {
    this.#options = options;
    this.#asker = new AcceptanceAsker(options);
    this.#span = this.#begin();
  }

  /** Where events that are sent now belong: they have to carry its id. */
  get span(): SentSpan {
    return this.#span;
  }

  /** What is known at this moment. */
  get report(): AcceptanceReport {
    return this.#history.report;
  }

  /** The service is there: finds out whether it answers. */
  connected(): void {
    void this.#watch(this.#span);
  }

  /** A service that was found not to answer is believed as soon as it does. */
  async #watch(span: SentSpan): Promise<void> {
    await this.#asker.probe(span);
    if (span.answering !== "no") return;
    while (span.answering === "no" && this.#isPresent(span)) await this.#asker.probeAgain(span);
    if (!this.#isPresent(span)) return;
    span.isUnproven = true;
    this.#beginAnew();
  }

  #isPresent(span: SentSpan): boolean {
    return span === this.#span && !this.#isClosing;
  }

  #beginAnew(): void {
    this.#span = this.#begin();
    this.connected();
  }

  /**
   * The connection to the service is lost: it may still say what it has accepted, as one that drains
   * does; what else was sent may be lost.
   */
  disconnected(): void {
    if (this.#isClosing) return;
    const span = this.#span;
    for (const each of this.#history.open) each.isOver = true;
    this.#span = this.#begin();
    if (span.sent === 0) return;
    this.#history.noteInterruption();
    this.#keepAsking(span);
    const ending = this.#inquiries.get(span)?.ending;
    const { clock } = this.#options;
    if (ending === undefined) return;
    void clock.sleep(LAST_WORD_MS, ending.signal).then(() => ending.abort(), () => {});
  }

  #begin(): SentSpan {
    const span = new SentSpan(this.#options.newId());
    this.#history.add(span);
    return span;
  }

  /** Counts an event that the transport has just taken. */
  noteSent(span: SentSpan): void {
    span.noteSent();
    if (this.#options.pauseMs > 0) this.#keepAsking(span);
  }

  /**
   * Resolves when the service has accepted the events of a span up to number `seq`, or when it is one
   * that does not answer.
   *
   * @throws {DriverError} `SEND_TIMEOUT` when it has not within the time, `TRANSPORT_FAILED` when the
   * connection was lost before, or the service refused an event and that may be this one
   */
  accepted(
    span: SentSpan,
    { seq, timeoutMs, signal }: AcceptanceWait,
  ): Promise<void> {
    if (span.isSettled) return Promise.resolve();
    if (span.isOver) return Promise.reject(connectionLost(this.#options.address));
    if (span.answering === "no" || span.isUnproven) return Promise.resolve();
    const waiting = span.waiters.add(seq, this.#now() + timeoutMs, signal);
    this.#keepAsking(span);
    return waiting;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }

  #keepAsking(span: SentSpan): void {
    if (this.#isClosing || span.answering === "no" || this.#inquiries.has(span)) return;
    const ending = new AbortController();
    const done = this.#ask(span, ending.signal).finally(() => {
      this.#inquiries.delete(span);
      ending.abort();
      // Something may have been sent between the last look and this.
      if (!span.isOver && this.#hasQuestions(span)) this.#keepAsking(span);
    });
    this.#inquiries.set(span, { ending, done });
  }

  /** Asks until nothing is uncertain or nobody answers; after the connection, while there is news. */
  async #ask(span: SentSpan, signal: AbortSignal): Promise<void> {
    await this.#asker.probe(span);
    this.#endWaits(span);
    while (this.#hasQuestions(span) && !signal.aborted) {
      if (span.answering === "no") break;
      const { isOver } = span;
      const before = span.handled;
      await this.#askOnce(span, this.#nextQuestion(span), signal);
      if (isOver && span.handled === before) break;
    }
    // Of a connection that is lost, silence says nothing about the service.
    if (span.isOver) span.waiters.settleAll(connectionLost(this.#options.address));
    else if (span.answering === "no") span.waiters.settleAll();
  }

  #hasQuestions(span: SentSpan): boolean {
    if (span.isSettled || span.isUnproven) return false;
    return span.waiters.size > 0 || this.#options.pauseMs > 0;
  }

  /** While nobody waits, the service itself holds the answer back, and gives it when it ends. */
  #nextQuestion(span: SentSpan): Question {
    const { pauseMs } = this.#options;
    if (pauseMs === 0) return this.#urgent(span, ROUND_MS);
    return { wanted: Number.MAX_SAFE_INTEGER, waitMs: pauseMs, timeoutMs: ROUND_MS };
  }

  #urgent(span: SentSpan, mostMs: number): Question {
    const { firstSeq, dueAt } = span.waiters;
    const timeoutMs = Math.max(1, Math.min(mostMs, dueAt - this.#now()));
    return { wanted: Math.min(span.wanted, firstSeq), timeoutMs };
  }

  /** Asks about a span, and ends the waits that the answer decides, or that last too long. */
  async #askOnce(span: SentSpan, question: Question, signal?: AbortSignal): Promise<void> {
    await this.#asker.ask(span, question, signal);
    if (!span.isBroken || span.isSettled) this.#endWaits(span);
    if (span.isBroken) this.#replace(span);
    span.waiters.expire(this.#now(), notInTime(this.#options.address));
  }

  /** Ends the waits for what was handled since they were told last. */
  #endWaits(span: SentSpan): void {
    const { handled, refused, told } = span;
    span.told = { handled, refused };
    const count = refused - told.refused;
    const { address } = this.#options;
    const error = count === 0 ? undefined : eventRefused(address, count, handled - told.handled);
    span.waiters.settleThrough(handled, error);
  }

  /**
   * Others have counted as well, another service or one that had forgotten the id: until all events
   * are spoken for, nobody can tell which are. What is sent from now on must not add to them.
   */
  #replace(span: SentSpan): void {
    if (!this.#isPresent(span)) return;
    if (span.isSettled) return this.#beginAnew();
    this.disconnected();
    this.connected();
  }

  /**
   * Waits, within bounds, for what was sent to be spoken for, and tells how far that came. Nothing may
   * be sent any more. After a loss of the connection it waits no longer than anything still arrives.
   */
  async settle(timeoutMs: number): Promise<AcceptanceReport> {
    const deadline = this.#now() + timeoutMs;
    await this.#stopAsking();
    await Promise.all(this.#history.open.map((span) => this.#settleSpan(span, deadline)));
    return this.report;
  }

  async #stopAsking(): Promise<void> {
    this.#isClosing = true;
    const inquiries = [...this.#inquiries.values()];
    for (const { ending } of inquiries) ending.abort();
    await Promise.all(inquiries.map(({ done }) => done));
  }

  async #settleSpan(span: SentSpan, deadline: number): Promise<void> {
    await this.#askUntil(span, deadline);
    span.waiters.settleAll(span.answering === "no" ? undefined : notInTime(this.#options.address));
  }

  async #askUntil(span: SentSpan, deadline: number): Promise<void> {
    await this.#asker.probe(span);
    while (span.answering !== "no" && !span.isSettled) {
      const leftMs = deadline - this.#now();
      const before = span.handled;
      if (leftMs <= 0) return;
      await this.#askOnce(span, this.#urgent(span, Math.min(leftMs, ROUND_MS)));
      if (span.handled === before && this.#history.isInterrupted) return;
    }
  }

  /** Ends what is asked and waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#stopAsking(), this.#asker[Symbol.asyncDispose]()]);
    for (const { waiters } of this.#history.open) {
      waiters.settleAll(notInTime(this.#options.address));
    }
  }
}
