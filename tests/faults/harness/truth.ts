import type { StreamId, SubscriberRecord } from "./record.ts";

/**
 * The published events: the union of everything that any subscriber received and that publishers
 * reported.
 */
export class Truth {
  readonly #last = new Map<StreamId, number>();
  readonly #ignored = new Map<StreamId, Set<number>>();
  readonly #sentAt = new Map<StreamId, Map<number, number>>();

  /** Adds the events that a subscriber received, of real streams only. */
  addRecord(record: SubscriberRecord, isReal: (id: StreamId) => boolean = () => true): void {
    for (const [id, stream] of record.streams) {
      if (!isReal(id)) continue;
      this.addPosition(id, stream.highest);
      const known = this.#sentAt.get(id) ?? new Map<number, number>();
      this.#sentAt.set(id, known);
      for (const [seq, sentAt] of stream.sentAt) known.set(seq, sentAt);
    }
  }

  /** Adds the last position that a publisher reported for a stream. */
  addPosition(id: StreamId, seq: number): void {
    this.#last.set(id, Math.max(seq, this.#last.get(id) ?? 0));
  }

  /** Excludes positions that are meant for a subscriber outside the test. */
  ignore(id: StreamId, positions: ReadonlySet<number>): void {
    this.#ignored.set(id, new Set([...this.#ignored.get(id) ?? [], ...positions]));
  }

  /** Whether a position counts. */
  counts(id: StreamId, seq: number): boolean {
    return this.#ignored.get(id)?.has(seq) !== true;
  }

  /** Every stream with the seq of its last event. */
  get streams(): ReadonlyMap<StreamId, number> {
    return this.#last;
  }

  /**
   * The publication time of each event of a stream, in milliseconds since 1970, by seq. An event
   * that no subscriber received gets the time of the last earlier event that one received.
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
