/** The state of a topic at one publisher. */
export interface Place {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Sequence number of the next event; undefined before the topic is live for the first time. */
  next: number | undefined;
  /** Whether the publisher has confirmed the subscription. */
  isLive: boolean;
  /** Why events before the next `live` are lost. */
  gap: string | undefined;
  /** Sequence number of the first event that the application may not have. */
  applied: number;
  /** Whether `applied` was reported to the publisher on this connection. */
  isTold: boolean;
}

/** Time that libzmq takes to apply a subscription on a busy host, in milliseconds. */
const SETTLE_MS = 100;

/** The state of each topic at one publisher. */
export class TopicPlaces extends Map<string, Place> {
  /** Number of topics that are not live. */
  #notLive = 0;
  /** Number of replies still to come for topics that were removed. */
  readonly #stale = new Map<string, number>();

  #settling: ReturnType<typeof setTimeout> | undefined;

  get areLive(): boolean {
    return this.#notLive === 0;
  }

  /**
   * Calls back after 100 ms: by then a publisher that confirms nothing has applied the
   * subscriptions.
   */
  settle(onSettled: () => void): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(onSettled, SETTLE_MS);
  }

  add(topic: string, bytes: Uint8Array<ArrayBuffer>): Place {
    const unknown = { next: undefined, isLive: false, gap: undefined, applied: 0, isTold: false };
    const place = { bytes, ...unknown };
    this.set(topic, place);
    this.#notLive++;
    return place;
  }

  /**
   * @param isAsked whether the publisher was asked for the topic, so that its reply may still come
   */
  remove(topic: string, { isLive }: Place, isAsked: boolean): void {
    this.delete(topic);
    if (isLive) return;
    this.#notLive--;
    if (isAsked) this.#stale.set(topic, (this.#stale.get(topic) ?? 0) + 1);
  }

  /** Whether a reply is for a topic that was removed before it came. Counts that reply off. */
  isStale(topic: string): boolean {
    const count = this.#stale.get(topic) ?? 0;
    if (count > 1) this.#stale.set(topic, count - 1);
    else this.#stale.delete(topic);
    return count > 0;
  }

  /**
   * Marks a topic live from its next event on. Returns why events before it are lost, if any are.
   */
  begin(place: Place, next: number): string | undefined {
    const lost = place.next === undefined ? 0 : next - place.next;
    const gap = place.gap ?? (lost === 0 ? undefined : lostText(lost));
    place.gap = undefined;
    if (place.next === undefined) place.applied = next;
    place.next = next;
    if (!place.isLive) this.#notLive--;
    place.isLive = true;
    return gap;
  }

  /** Sequence numbers start again at 1. Topics that were live before have a gap. */
  restart(gap: string): void {
    for (const place of this.values()) {
      if (place.next === undefined) continue;
      place.gap = gap;
      place.next = place.applied = 1;
    }
  }

  /** The connection has ended: no topic is live. */
  end(): void {
    clearTimeout(this.#settling);
    this.#stale.clear();
    for (const place of this.values()) place.isLive = place.isTold = false;
    this.#notLive = this.size;
  }
}

function lostText(lost: number): string {
  if (lost < 0) return "the publisher counts its events anew";
  return `${lost} event${lost === 1 ? "" : "s"} can no longer be sent again`;
}
