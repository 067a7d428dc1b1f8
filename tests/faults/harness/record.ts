import { isFeederKey, keyPrefix } from "./feeder.ts";
import type { Announcement, NumberedEvent } from "./protocol.ts";

/** Where one event stands: `publisher/epoch/topic`. */
export type StreamId = string;

/** What was received of one publisher's epoch and topic. */
export interface ReceivedStream {
  /** When each position was published, in microseconds since 1970. */
  readonly sentAt: Map<number, number>;
  /** Positions that came after a higher one. */
  disordered: number;
  /** Positions that came again. */
  duplicates: number;
  highest: number;
}

/** All that one subscriber's application was given, from when it was ready. */
export class SubscriberRecord {
  /** The topics it listens to. */
  readonly topics: ReadonlySet<string>;
  /** By stream. */
  readonly streams = new Map<StreamId, ReceivedStream>();
  /** In the order in which they came. */
  readonly announcements: Announcement[] = [];
  /** Events by their key, for those who number by it. */
  readonly keys = new Map<string, number>();
  /** Events without a position, which a ledger cannot place. */
  unnumbered = 0;
  received = 0;
  /** In milliseconds since 1970; undefined until every publisher was heard. */
  readyAt: number | undefined;

  /** @param topics besides the broadcast topic */
  constructor(topics: readonly string[] = []) {
    this.topics = new Set(["D", ...topics]);
  }

  /** Takes down an event. */
  addEvent(event: NumberedEvent): void {
    this.received++;
    if (event.key !== null) this.keys.set(event.key, (this.keys.get(event.key) ?? 0) + 1);
    if (event.stream === null) this.unnumbered++;
    else this.#place(this.#stream(event.stream), event.seq, event.sentAt);
  }

  /** Takes down that something may be, or is, missing. */
  announce(announcement: Announcement): void {
    this.announcements.push(announcement);
  }

  /** How many different events of one feeder were handed out. */
  heardOf(feeder: string): number {
    return [...this.keys.keys()].filter((key) => key.startsWith(keyPrefix(feeder))).length;
  }

  /** Keys of feeders that were handed out more than once, of those that begin so. */
  repeatedKeys(prefix: string = ""): string[] {
    const repeated = [...this.keys].filter(([, times]) => times > 1).map(([key]) => key);
    return repeated.filter((key) => isFeederKey(key) && key.startsWith(prefix));
  }

  #stream(id: StreamId): ReceivedStream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const made = { sentAt: new Map<number, number>(), disordered: 0, duplicates: 0, highest: 0 };
    this.streams.set(id, made);
    return made;
  }

  #place(stream: ReceivedStream, seq: number, sentAt: number): void {
    if (stream.sentAt.has(seq)) {
      stream.duplicates++;
      return;
    }
    if (seq < stream.highest) stream.disordered++;
    stream.highest = Math.max(stream.highest, seq);
    stream.sentAt.set(seq, sentAt);
  }
}
