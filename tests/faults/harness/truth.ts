import type { StreamId, SubscriberRecord } from "./record.ts";

/** What was published: the union of all that anybody received, and of what publishers said. */
export class Truth {
  readonly #last = new Map<StreamId, number>();
  readonly #ignored = new Map<StreamId, Set<number>>();
  readonly #sentAt = new Map<StreamId, Map<number, number>>();

  /** Adds what a subscriber was given, of the streams that are real. */
  addRecord(record: SubscriberRecord, isReal: (id: StreamId) => boolean = () => true): void {
    for (const [id, stream] of record.streams) {
      if (!isReal(id)) continue;
      this.addPosition(id, stream.highest);
      const known = this.#sentAt.get(id) ?? new Map<number, number>();
      this.#sentAt.set(id, known);
      for (const [seq, sentAt] of stream.sentAt) known.set(seq, sentAt);
    }
  }

  /** Adds where a publisher said that a stream stands. */
  addPosition(id: StreamId, seq: number): void {
    this.#last.set(id, Math.max(seq, this.#last.get(id) ?? 0));
  }

  /** Leaves positions out: whoever is to be given them is none of ours. */
  ignore(id: StreamId, positions: ReadonlySet<number>): void {
    this.#ignored.set(id, new Set([...this.#ignored.get(id) ?? [], ...positions]));
  }

  /** Whether a position counts. */
  counts(id: StreamId, seq: number): boolean {
    return this.#ignored.get(id)?.has(seq) !== true;
  }

  /** Every stream with the number of its last event. */
  get streams(): ReadonlyMap<StreamId, number> {
    return this.#last;
  }

  /**
   * When each event of a stream was published, in milliseconds since 1970, by its number; one
   * that nobody received counts as published with the last one before it that somebody did.
   */
  timesMs(id: StreamId): Float64Array {
    const known = this.#sentAt.get(id);
    const times = new Float64Array((this.#last.get(id) ?? 0) + 1);
    for (let seq = 1; seq < times.length; seq++) {
      const sentAt = known?.get(seq);
      times[seq] = sentAt === undefined ? times[seq - 1] ?? 0 : sentAt / 1000;
    }
    return times;
  }
}
