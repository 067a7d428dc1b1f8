import type { PastWanted } from "../../../contract/past.ts";
import { LATE_TOPIC } from "../../late_topic.ts";

/** A topic of a subscriber, in bytes, and where it begins. */
export interface SubscribedTopic {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** @default now */
  readonly past?: PastWanted | undefined;
}

/** The state of a topic at one publisher. */
export interface Place {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the topic begins; undefined for now, and when the past has come. */
  past: PastWanted | undefined;
  /** Wire number of the first event that is not past, once the publisher has said it. */
  end: number | undefined;
  /**
   * The same of an earlier connection, which was lost before the topic was live: the application
   * expects the events from here on.
   */
  promised: number | undefined;
  /** Number of past events that the publisher has announced and that have not arrived. */
  missing: number;
  /** Wire number of the next event; undefined before the topic is live for the first time. */
  next: number | undefined;
  /** Whether the publisher has confirmed the subscription: the past, and what follows, will come. */
  isConfirmed: boolean;
  /** Whether the publisher has said which event comes next. */
  isLive: boolean;
  /** Why events before the next `live` are lost. */
  gap: string | undefined;
  /** Wire number of the first event that the application may not have. */
  applied: number;
  /** `performance.now()` when the topic was requested from a publisher that confirms nothing. */
  askedAt: number;
  /** Whether `applied` was reported to the publisher on this connection. */
  isTold: boolean;
}

/** Time that libzmq takes to apply a subscription on a busy host, in milliseconds. */
const SETTLE_MS = 100;
/** Maximum time by which a timer fires early, in milliseconds. */
const TIMER_MS = 1;

/** The state of each topic at one publisher. */
export class TopicPlaces extends Map<string, Place> {
  /** Whether a connection that was open has ended, and no other one is open yet. */
  isInterrupted = false;
  /** Number of topics that are not confirmed. */
  #unconfirmed = 0;
  /** Number of replies still to come for topics that were removed. */
  readonly #stale = new Map<string, number>();

  #settling: ReturnType<typeof setTimeout> | undefined;

  get areConfirmed(): boolean {
    return this.#unconfirmed === 0;
  }

  /**
   * Records that the topic was requested from a publisher that confirms nothing. Calls back 100 ms
   * later with this topic and others that were requested by now: the publisher has applied these
   * subscriptions.
   */
  settle(place: Place, onSettled: (places: readonly [string, Place][]) => void): void {
    place.askedAt = performance.now();
    if (this.#settling === undefined) this.#settleLater(SETTLE_MS, onSettled);
  }

  #settleLater(ms: number, onSettled: (places: readonly [string, Place][]) => void): void {
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      const asked = [...this].filter(([, { isLive }]) => !isLive);
      const until = performance.now() - SETTLE_MS + TIMER_MS;
      onSettled(asked.filter(([, { askedAt }]) => askedAt <= until));
      const next = asked.find(([, { askedAt }]) => askedAt > until)?.[1];
      if (next !== undefined) this.#settleLater(next.askedAt - until, onSettled);
    }, ms);
  }

  add(topic: string, { bytes, past }: SubscribedTopic): Place {
    const state = {
      isConfirmed: false,
      isLive: false,
      isTold: false,
      applied: 0,
      missing: 0,
      askedAt: 0,
    };
    // The application may expect events from now on.
    const isLate = this.isInterrupted && past === undefined;
    const gap = isLate ? LATE_TOPIC.unconnected : undefined;
    const unknown = { end: undefined, promised: undefined, next: undefined, gap };
    const place = { bytes, past, ...unknown, ...state };
    this.set(topic, place);
    this.#unconfirmed++;
    return place;
  }

  /**
   * @param isAsked whether the publisher was asked for the topic, so that its reply may still come
   */
  remove(topic: string, { isConfirmed, isLive }: Place, isAsked: boolean): void {
    this.delete(topic);
    if (!isConfirmed) this.#unconfirmed--;
    if (isAsked && !isLive) this.#stale.set(topic, (this.#stale.get(topic) ?? 0) + 1);
  }

  /** Whether a reply is for a topic that was removed before it came. Counts that reply off. */
  isStale(topic: string): boolean {
    const count = this.#stale.get(topic) ?? 0;
    if (count > 1) this.#stale.set(topic, count - 1);
    else this.#stale.delete(topic);
    return count > 0;
  }

  /** Whether a reply for the removed topic is still to come. */
  hasStale(topic: string): boolean {
    return this.#stale.has(topic);
  }

  confirm(place: Place): void {
    if (!place.isConfirmed) this.#unconfirmed--;
    place.isConfirmed = true;
  }

  /**
   * Marks a topic live from its next event on. Returns why events before it are lost, if any are.
   */
  begin(place: Place, next: number): string | undefined {
    const lost = place.next === undefined ? lostPast(place, next) : next - place.next;
    const gap = place.gap ?? (lost === 0 ? undefined : lostText(lost));
    place.gap = place.promised = undefined;
    if (place.next === undefined) place.applied = next;
    place.next = next;
    this.confirm(place);
    place.isLive = true;
    return gap;
  }

  /**
   * Begins the past of a topic. Returns why events that the application expects are lost, if any are.
   */
  beginPast(place: Place, end: number, frames: number): string | undefined {
    const first = end - frames;
    const lost = first - (place.promised ?? Infinity);
    if (lost > 0) place.promised = first;
    place.end = end;
    place.missing = frames;
    this.confirm(place);
    return lost > 0 ? lostText(lost) : undefined;
  }

  /** Wire numbers start again at 1. Topics of which the application expects events have a gap. */
  restart(gap: string): void {
    for (const place of this.values()) {
      const { next, promised, past } = place;
      // A topic that was added while there was no connection, or was not live yet, has a gap already.
      const isExpected = next !== undefined || past === undefined && place.gap !== undefined;
      if (!isExpected && promised === undefined) continue;
      place.gap = gap;
      place.promised = undefined;
      if (!isExpected) continue;
      place.next = place.applied = 1;
      if (place.end !== undefined) place.end = 0;
    }
  }

  /** The connection has ended: no topic is live. @param wasOpen whether its handshake was done */
  end(wasOpen = true): void {
    this.isInterrupted ||= wasOpen;
    clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#stale.clear();
    for (const place of this.values()) {
      place.isConfirmed = place.isLive = place.isTold = false;
      if (place.next !== undefined) continue;
      // The topic was requested on this connection: the application may expect its events.
      if (wasOpen && place.past === undefined) place.gap ??= LATE_TOPIC.cut;
      place.promised ??= place.end;
      place.end = undefined;
    }
    this.#unconfirmed = this.size;
  }
}

/**
 * Number of past events that have not arrived and will not follow from `next` on, because the
 * publisher removed them before it could send them.
 */
function lostPast({ end, missing }: Place, next: number): number {
  return end === undefined ? 0 : Math.max(0, missing - (end - next));
}

function lostText(lost: number): string {
  if (lost < 0) return "the publisher counts its events anew";
  return `${lost} event${lost === 1 ? "" : "s"} can no longer be sent again`;
}
