const EVERY_MS = 1_000;
const MAX_MARKS = 64;

/** About when the events of a topic were sent: to the second, and coarser for older ones. */
export class TopicTimes {
  /** Events from this number on were sent at this time or later, by `performance.now()`. */
  #marks: { readonly from: number; readonly at: number }[] = [];
  #sent: number;

  /** @param seq the number of the last event that was sent before */
  constructor(seq: number) {
    this.#sent = seq;
  }

  /** All events up to this number have been sent by now. */
  note(seq: number, now: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined || now - last.at >= EVERY_MS) {
      this.#marks.push({ from: this.#sent + 1, at: now });
      // Half of the older ones go, so that the oldest is always there.
      if (this.#marks.length > MAX_MARKS) {
        this.#marks = this.#marks.filter((_, at) => at % 2 === 0 || at > MAX_MARKS / 2);
      }
    }
    this.#sent = seq;
  }

  /** How old the event with this number is at most, in milliseconds; 0 if it was not sent. */
  ageOf(seq: number, now: number): number {
    if (seq > this.#sent) return 0;
    const mark = this.#marks.findLast(({ from }) => from <= seq) ?? this.#marks[0];
    return mark === undefined ? 0 : now - mark.at;
  }
}
