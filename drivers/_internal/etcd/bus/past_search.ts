import type { PastMark } from "../../../contract/past.ts";
import type { EtcdKeyValue } from "../answers.ts";
import type { EtcdClient } from "../client.ts";
import { type KeptPut, readHead, readPut } from "./kept_put.ts";
import { type EtcdBeginning, type EtcdPosition, revisionBefore } from "./position.ts";
import { readHistory } from "./put_history.ts";
import { MAX_EVENTS } from "./send_queue.ts";
import { eventsIn } from "./shared_value.ts";

/** Maximum number of puts that are searched for a time, after a put without one. */
const MAX_WITHOUT_TIME = 1_000;

/** A revision, and a number of its first events. */
type TopicPlace = Omit<EtcdPosition, "cluster">;

/** Where the watch of a topic begins. */
export interface TopicStart {
  /** The last revision that is not watched. @default now */
  readonly after?: number;
  /** The cluster to which the revision belongs. */
  readonly cluster?: string | undefined;
  /** A revision whose first events are not wanted, and the number of those. */
  readonly skip?: TopicPlace;
  /** The first put, if the watch does not send it. */
  readonly first?: EtcdKeyValue | undefined;
  /** The mark at the start of the past; undefined if the topic does not begin in the past. */
  readonly past?: Omit<Extract<PastMark, { kind: "start" }>, "kind">;
}

/** Options of {@linkcode findStart}. */
export interface PastSearchOptions {
  readonly client: EtcdClient;
  /** The key of the topic. */
  readonly key: string;
  readonly beginning: EtcdBeginning;
  /** Returns when an event was sent, in Unix milliseconds, if the event says so. */
  readonly sentAt: (payload: Uint8Array) => number | undefined;
  readonly signal: AbortSignal;
  /** Called when the end of the past is known: every later event will be delivered. */
  readonly onHead?: () => void;
}

/**
 * Finds where a topic begins, in the history of its key.
 *
 * etcd counts the puts on a key, and an event says when it was sent. A binary search by count and
 * time finds the first wanted put in about as many reads as its revision has binary digits. If only
 * the last events are wanted, the events from that put on are counted, because a put may have
 * several. An event without a time counts as sent together with the next one that has a time.
 *
 * @throws {EtcdRefusal} if the login may not read the key; {@linkcode Reason} if no member answers
 */
export async function findStart(options: PastSearchOptions): Promise<TopicStart> {
  const { beginning: { since, last }, client, key, onHead } = options;
  if (typeof since === "object" && last === undefined) {
    return { after: revisionBefore(since), cluster: since.cluster, skip: since, past: {} };
  }
  const { revision, cluster, put } = await readHead(client, key);
  onHead?.();
  const start = put && await new PastSearch(options, put, cluster).find();
  return start ?? { after: revision, cluster, past: { frames: 0, keptSince: 0 } };
}

/** The put with which the wanted events begin. */
interface FirstPut {
  readonly put: KeptPut;
  /** Whether there is no earlier put that is both kept and wanted. */
  readonly isOldest: boolean;
  /**
   * Time since which all wanted puts are kept, in Unix milliseconds. If none of them is compacted:
   * `since`, or 0 if that is not a time. Undefined if it is not known.
   */
  readonly keptSince: number | undefined;
}

/** The number of events of a put that are too old, and the number of wanted ones. */
interface PutCount {
  readonly revision: number;
  readonly older: number;
  readonly events: number;
}

class PastSearch {
  readonly #options: PastSearchOptions;
  readonly #newest: KeptPut;
  readonly #cluster: string;

  constructor(options: PastSearchOptions, newest: KeptPut, cluster: string) {
    this.#options = options;
    this.#newest = newest;
    this.#cluster = cluster;
  }

  /** Finds where the topic begins; returns undefined if no past event is wanted. */
  async find(): Promise<TopicStart | undefined> {
    const { last } = this.#options.beginning;
    if (await this.#isOlder(this.#newest)) return undefined;
    if (last === undefined) {
      const first = await this.#firstPut(1);
      return this.#startAt(
        { revision: first.put.revision, count: this.#olderIn(first.put) },
        first,
      );
    }
    for (let puts = Math.ceil(last / MAX_EVENTS);;) {
      const first = await this.#firstPut(Math.max(1, this.#newest.version + 1 - puts));
      const counts = await this.#countFrom(first.put);
      const events = counts.reduce((sum, put) => sum + put.events, 0);
      if (events >= last || first.isOldest) {
        const surplus = Math.max(0, events - last);
        return this.#startAt(placeAfter(counts, surplus), first, events - surplus);
      }
      puts = Math.max(2 * puts, Math.ceil(puts * last / events));
    }
  }

  #startAt(skip: TopicPlace, { put, keptSince }: FirstPut, frames?: number): TopicStart {
    const isFirst = skip.revision === put.revision;
    return {
      after: isFirst ? put.lastUntil : skip.revision - 1,
      cluster: this.#cluster,
      skip,
      first: isFirst ? put.kv : undefined,
      past: { frames, keptSince },
    };
  }

  /** Finds the oldest put that is kept and wanted and has at least this version. */
  async #firstPut(version: number): Promise<FirstPut> {
    const { beginning: { since }, client, key, signal } = this.#options;
    let put = this.#newest;
    let low = put.created - 1;
    let isCompacted = false;
    // Often the whole history is kept and wanted, so its first put is tried first.
    let middle = version === 1 ? put.created : Math.floor((low + put.revision) / 2);
    while (put.version > version && put.revision - low > 1) {
      signal.throwIfAborted();
      const found = await readPut(client, key, middle);
      if (found !== undefined && found.version >= version && !await this.#isOlder(found)) {
        put = found;
      } else {
        low = middle;
        isCompacted = found === undefined;
      }
      middle = Math.floor((low + put.revision) / 2);
    }
    const isLimited = put.version > version;
    const reach = typeof since === "number" ? since : 0;
    const keptSince = isCompacted && isLimited ? await this.#timeOf(put) : reach;
    return { put, isOldest: isLimited || version === 1, keptSince };
  }

  /** Whether a put is older than the time or position at which the topic begins. */
  async #isOlder(put: KeptPut): Promise<boolean> {
    const { since } = this.#options.beginning;
    if (since === "start") return false;
    if (typeof since === "object") return put.revision <= revisionBefore(since);
    const time = await this.#timeOf(put);
    return time !== undefined && time < since;
  }

  /** When a put was sent, or the next put that says so; undefined if none does. */
  async #timeOf(put: KeptPut): Promise<number | undefined> {
    let time = this.#lastTimeIn(put.events);
    let left = MAX_WITHOUT_TIME;
    if (time !== undefined) return time;
    await this.#read(put, (kv) => {
      time = this.#lastTimeIn(eventsIn(kv));
      return time === undefined && --left > 0;
    });
    return time;
  }

  #lastTimeIn(events: readonly Uint8Array[]): number | undefined {
    return events.map((event) => this.#options.sentAt(event)).findLast((time) =>
      time !== undefined
    );
  }

  /** Number of events at the beginning of a wanted put that are not wanted. */
  #olderIn({ events, revision }: KeptPut): number {
    const { beginning: { since }, sentAt } = this.#options;
    if (since === "start") return 0;
    if (typeof since === "object") return since.revision === revision ? since.count : 0;
    return Math.max(0, events.findIndex((event) => (sentAt(event) ?? -1) >= since));
  }

  /** Counts the wanted events of a put and of each that follows it. */
  async #countFrom(first: KeptPut): Promise<PutCount[]> {
    const older = this.#olderIn(first);
    const counts = [{ revision: first.revision, older, events: first.events.length - older }];
    await this.#read(first, (kv) => {
      counts.push({ revision: Number(kv.mod_revision), older: 0, events: eventsIn(kv).length });
      return true;
    });
    return counts;
  }

  /** Reads the puts after the given one, until `take` returns false. */
  #read({ lastUntil }: KeptPut, take: (kv: EtcdKeyValue) => boolean): Promise<void> {
    const { client, key, signal } = this.#options;
    const to = this.#newest.revision;
    const cluster = this.#cluster;
    return readHistory(client, { key, after: lastUntil, to, cluster, signal }, take);
  }
}

/** The place after a number of wanted events. */
function placeAfter(counts: readonly PutCount[], events: number): TopicPlace {
  let left = events;
  let place = { revision: 0, count: 0 };
  for (const { revision, older, events } of counts) {
    place = { revision, count: older + left };
    if (left <= events) break;
    left -= events;
  }
  return place;
}
