import { isFeederKey, keyPrefix } from "./feeder.ts";
import type { Announcement, NumberedEvent } from "./protocol.ts";

/** The position of one event in a stream `publisher/epoch/topic`. */
export type StreamId = string;

/** The events received of one stream. */
export interface ReceivedStream {
  /** The publication time of each position, in microseconds since 1970. */
  readonly sentAt: Map<number, number>;
  /** Positions that arrived after a higher one. */
  disordered: number;
  /** Positions that arrived more than once. */
  duplicates: number;
  highest: number;
}

/** Everything that one subscriber's application has received since it was ready. */
export class SubscriberRecord {
  /** The topics to which it is subscribed. */
  readonly topics: ReadonlySet<string>;
  /** Received events by stream. */
  readonly streams = new Map<StreamId, ReceivedStream>();
  /** Announcements in the order of their arrival. */
  readonly announcements: Announcement[] = [];
  /** Events by key, for feeders that put a number into it. */
  readonly keys = new Map<string, number>();
  /** Events without a position, which a ledger cannot place. */
  unnumbered = 0;
  received = 0;
  /** Milliseconds since 1970, or undefined until every publisher was live. */
  readyAt: number | undefined;

  /** @param topics the topics besides the broadcast topic */
  constructor(topics: readonly string[] = []) {
    this.topics = new Set(["D", ...topics]);
  }

  /** Records an event. */
  addEvent(event: NumberedEvent): void {
    this.received++;
    if (event.key !== null) this.keys.set(event.key, (this.keys.get(event.key) ?? 0) + 1);
    if (event.stream === null) this.unnumbered++;
    else this.#place(this.#stream(event.stream), event.seq, event.sentAt);
  }

  /** Records a report that events are, or may be, missing. */
  announce(announcement: Announcement): void {
    this.announcements.push(announcement);
  }

  /** The number of distinct events received from one feeder. */
  receivedOf(feeder: string): number {
    return [...this.keys.keys()].filter((key) => key.startsWith(keyPrefix(feeder))).length;
  }

  /** Keys with this prefix that were received more than once. */
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
