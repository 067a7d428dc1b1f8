const EVERY_MS = 1_000;
const MAX_MARKS = 64;

/** Approximate send times of a topic's events: to the second, coarser for older events. */
export class TopicTimes {
  /**
   * Events from this wire number on were sent at this time or later, by `performance.now()`.
   */
  #marks: { readonly from: number; readonly at: number }[] = [];
  #sent: number;

  /** @param seq wire number of the last event that was sent before */
  constructor(seq: number) {
    this.#sent = seq;
  }

  /** Records that all events up to this wire number have been sent by now. */
  note(seq: number, now: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined || now - last.at >= EVERY_MS) {
      this.#marks.push({ from: this.#sent + 1, at: now });
      // Drops every second one of the older marks, but never the oldest.
      if (this.#marks.length > MAX_MARKS) {
        this.#marks = this.#marks.filter((_, at) => at % 2 === 0 || at > MAX_MARKS / 2);
      }
    }
    this.#sent = seq;
  }

  /** Maximum age of the event with this wire number, in milliseconds; 0 if it was not sent. */
  ageOf(seq: number, now: number): number {
    if (seq > this.#sent) return 0;
    const mark = this.#marks.findLast(({ from }) => from <= seq) ?? this.#marks[0];
    return mark === undefined ? 0 : now - mark.at;
  }
}
