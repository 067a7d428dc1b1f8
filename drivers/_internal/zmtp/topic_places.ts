/** Where a topic stands at one publisher. */
export interface Place {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of the next event; undefined before the publisher has said so for the first time. */
  next: number | undefined;
  /** Whether the publisher has confirmed the subscription. */
  isLive: boolean;
  /** Why events before the next `live` are lost. */
  gap: string | undefined;
  /** The number of the first event that the application may not have. */
  applied: number;
  /** Whether the publisher has been told so on this connection. */
  isTold: boolean;
}

/** The time that libzmq takes to hand a subscription to its socket, on a busy host. */
const SETTLE_MS = 100;

/** Where each topic stands at one publisher. */
export class TopicPlaces extends Map<string, Place> {
  /** How many of them are not live. */
  #notLive = 0;
  /** Answers on their way about topics that were removed before they came. */
  readonly #stale = new Map<string, number>();

  #settling: ReturnType<typeof setTimeout> | undefined;

  get areLive(): boolean {
    return this.#notLive === 0;
  }

  /** Calls back when a publisher that confirms nothing has surely seen the subscriptions. */
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

  /** @param isAsked whether the publisher was asked for it, so that an answer may still come */
  remove(topic: string, { isLive }: Place, isAsked: boolean): void {
    this.delete(topic);
    if (isLive) return;
    this.#notLive--;
    if (isAsked) this.#stale.set(topic, (this.#stale.get(topic) ?? 0) + 1);
  }

  /** Whether an answer is about a topic that was removed before it came; it is counted off. */
  isStale(topic: string): boolean {
    const count = this.#stale.get(topic) ?? 0;
    if (count > 1) this.#stale.set(topic, count - 1);
    else this.#stale.delete(topic);
    return count > 0;
  }

  /** A topic is live from its next event on. Returns why events before it are lost, if some are. */
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

  /** Numbers are counted anew, from 1; the last events before that are lost to topics that were live. */
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
