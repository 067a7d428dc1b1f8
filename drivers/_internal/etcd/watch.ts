import type { EtcdKeyValue } from "./answers.ts";
import type { EtcdRefusal } from "./errors.ts";

/** A key, or all keys from `key` to before `range_end`; in base64. */
export interface WatchRange {
  readonly key: string;
  readonly range_end?: string;
}

/** A change of one key. */
export interface EtcdEvent {
  /** Absent for a put. */
  readonly type?: "DELETE";
  /** Of a deleted key, only the key and the revision. */
  readonly kv: EtcdKeyValue;
}

/** Callbacks of an {@linkcode EtcdWatch}. */
export interface WatchHooks {
  /** Receives events, in order. After an interruption those of one revision may come again. */
  readonly onEvents: (events: readonly EtcdEvent[]) => void;
  /** etcd has confirmed the watch: it sends every event from now on, or from its revision. */
  readonly onLive: () => void;
  /** The stream was lost, and is being restored. */
  readonly onLost: (reason: string) => void;
  /** Events may be missing here. */
  readonly onGap: (reason: string) => void;
  /** The login may not read the range. It is asked for again from time to time. */
  readonly onRefused: (error: EtcdRefusal) => void;
}

/** What a read of a range says. */
export interface RangeReading {
  /** The revision of the database. */
  readonly revision: number;
  /** The highest revision of the keys that exist; 0 without keys. */
  readonly newest: number;
  /** Number of keys. */
  readonly count: number;
}

/** Where a watch begins. */
export interface WatchStart {
  /** The last revision whose events are known. @default now */
  readonly after?: number | undefined;
  /** The cluster to which the revision belongs. @default the first one that answers */
  readonly cluster?: string | undefined;
}

/** A key or range that is watched, and how far its events were handed out. */
export class EtcdWatch {
  readonly range: WatchRange;
  readonly #hooks: WatchHooks;
  #after: number | undefined;
  /** The revision after which events were handed out without a gap. */
  #begin: number | undefined;
  /** The last event after `#begin`. */
  #last: EtcdEvent | undefined;
  #cluster: string | undefined;
  /** Number of keys at the last read, if there was no event since then. */
  #count: number | undefined;
  #failure: string | undefined;
  #state: "lost" | "live" | "refused" | "ended" = "lost";

  constructor(range: WatchRange, hooks: WatchHooks, { after, cluster }: WatchStart = {}) {
    this.range = range;
    this.#hooks = hooks;
    this.#after = this.#begin = after;
    this.#cluster = cluster;
  }

  /** The last revision whose events were handed out; undefined until a watch from now is live. */
  get after(): number | undefined {
    return this.#after;
  }

  /** The cluster to which the revisions belong, once it is known. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  /** Why the last stream was lost; undefined if the watch has been live since then. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get isRefused(): boolean {
    return this.#state === "refused";
  }

  /** Hands events out. @param isPart whether more events of the last revision may follow */
  take(events: readonly EtcdEvent[], isPart: boolean): void {
    if (this.#state === "ended") return;
    const after = this.#after ?? 0;
    const last = revision(events.at(-1));
    const isNew = revision(events[0]) > after;
    const fresh = isNew ? events : events.filter((event) => revision(event) > after);
    // A key has at most one event per revision.
    if (!isPart || this.range.range_end === undefined) {
      this.#after = Math.max(after, last);
      this.#last = fresh.at(-1) ?? this.#last;
    }
    this.#count = undefined;
    if (fresh.length > 0) this.#hooks.onEvents(fresh);
  }

  /** Notes that etcd has confirmed the watch, at a revision. */
  confirm(at: number, cluster: string): void {
    if (this.#state === "ended") return;
    this.#cluster ??= cluster;
    this.#after ??= this.#begin = at;
    if (this.#state === "live") return;
    this.#state = "live";
    this.#failure = undefined;
    this.#hooks.onLive();
  }

  /** Notes that there was no event up to a revision. */
  advance(to: number): void {
    if (this.#after !== undefined) this.#after = Math.max(this.#after, to);
  }

  /**
   * Compares with a read of the range. @returns whether there was certainly no event since the last
   * one
   */
  compare({ revision, newest, count }: RangeReading): boolean {
    const known = this.#count;
    this.#count = count;
    // A key that has not been put again has not been deleted either.
    const isKept = count === known || this.range.range_end === undefined && count === 1;
    if (newest > (this.#after ?? 0) || !isKept) return false;
    this.advance(revision);
    return true;
  }

  /**
   * Whether the events that were handed out can be the history of a database up to revision
   * {@linkcode after}.
   *
   * @param newest the newest key of the range in that database, as of that revision
   */
  hasHistoryOf(newest: EtcdKeyValue | undefined): boolean {
    const at = Number(newest?.mod_revision ?? 0);
    if (this.#last === undefined) return at <= (this.#begin ?? 0);
    const { kv, type } = this.#last;
    if (type === "DELETE") return at <= revision(this.#last);
    return at === revision(this.#last) && (newest?.key !== kv.key || newest.value === kv.value);
  }

  /** Goes on after another revision, without the events in between. */
  skip(after: number, reason: string): void {
    if (this.#state === "ended") return;
    this.#after = this.#begin = after;
    this.#last = this.#count = undefined;
    this.#hooks.onGap(reason);
  }

  /** Goes on after a revision of another cluster. */
  move(after: number, cluster: string): void {
    this.#cluster = cluster;
    this.skip(after, "another etcd answers now, without the last events");
  }

  lose(reason: string): void {
    this.#failure = reason;
    if (this.#state !== "live") return;
    this.#state = "lost";
    this.#hooks.onLost(reason);
  }

  refuse(error: EtcdRefusal): void {
    if (this.#state === "ended") return;
    this.#state = "refused";
    this.#hooks.onRefused(error);
  }

  /** Calls nothing from now on. */
  end(): void {
    this.#state = "ended";
  }
}

function revision(event: EtcdEvent | undefined): number {
  return Number(event?.kv.mod_revision ?? 0);
}
