import type { AcceptanceReport } from "../publish/acceptance_report.ts";
import type { SentSpan } from "./sent_span.ts";

/** Spans whose events may still be spoken for; of older ones only the counts are kept. */
const REMEMBERED = 8;

/** Every span of a publisher, added up. Bounded: a publisher may see any number of restarts. */
export class SpanHistory {
  #spans: SentSpan[] = [];
  #sent = 0;
  #accepted = 0;
  #refused = 0;
  #isAcknowledged = false;
  #isInterrupted = false;

  /** Whether a connection was lost after something had been sent. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** The spans with events that nobody has spoken for yet, the oldest first. */
  get open(): readonly SentSpan[] {
    return this.#spans.filter((span) => !span.isSettled);
  }

  /** All of it, as it is known at this moment. */
  get report(): AcceptanceReport {
    const sum = (of: "sent" | "accepted" | "refused", start: number) =>
      this.#spans.reduce((total, span) => total + span[of], start);
    const sent = sum("sent", this.#sent);
    const accepted = sum("accepted", this.#accepted);
    const refused = sum("refused", this.#refused);
    const isAcknowledged = this.#isAcknowledged ||
      this.#spans.some(couldAnswer);
    const uncertain = sent - accepted - refused;
    return {
      sent,
      accepted,
      refused,
      uncertain,
      isAcknowledged,
      isInterrupted: this.#isInterrupted,
    };
  }

  /** One more span, the present one from now on. */
  add(span: SentSpan): void {
    this.#spans.push(span);
    if (this.#spans.length > REMEMBERED) this.#fold();
  }

  /** A connection was lost after something had been sent. */
  noteInterruption(): void {
    this.#isInterrupted = true;
  }

  /** The newest stays: it is the present one. */
  #fold(): void {
    const settled = this.#spans.slice(0, -1).findIndex(({ isSettled }) => isSettled);
    for (const span of this.#spans.splice(Math.max(0, settled), 1)) {
      this.#sent += span.sent;
      this.#accepted += span.accepted;
      this.#refused += span.refused;
      this.#isAcknowledged ||= couldAnswer(span);
    }
  }
}

/** What such a service has not said is not certain; the original's says nothing. */
function couldAnswer({ answering }: SentSpan): boolean {
  return answering === "yes" || answering === "silent";
}
