import type { Frame } from "../../../contract/pubsub.ts";
import {
  COMMAND,
  commandData,
  commandNumber,
  commandTopic,
  type PastAnswer,
  type PeerSession,
} from "../session.ts";
import type { Place, TopicPlaces } from "./topic_places.ts";

/** The command that subscribes to a topic, and its data: from the past, or after the last event. */
export function subscribeCommand(
  { next, past, bytes }: Place,
  { keepsPast }: PeerSession,
): [name: string, data: Uint8Array] {
  if (next !== undefined || past === undefined || !keepsPast) {
    return [COMMAND.want, commandData([next ?? 0], bytes)];
  }
  const since = typeof past.since === "number" ? past.since : 0;
  return [COMMAND.back, commandData([past.last ?? 0, since], bytes)];
}

/** A place among the frames of a topic. */
export type Mark = Pick<Frame, "gap" | "past">;

/**
 * Tells what an application has to know at a place among a publisher's frames: that frames are lost
 * there, or that the past of a topic begins or ends.
 */
export class TopicMarks {
  readonly #places: TopicPlaces;
  readonly #tell: (topic: string, mark: Mark) => void;

  constructor(places: TopicPlaces, tell: (topic: string, mark: Mark) => void) {
    this.#places = places;
    this.#tell = tell;
  }

  /** Marks a topic live from `next` on, and only now reports a gap, at which to read again. */
  begin(topic: string, place: Place, next: number): void {
    const gap = this.#places.begin(place, next);
    if (gap !== undefined) this.#tell(topic, { gap });
    // A publisher that has not answered keeps nothing.
    if (place.past !== undefined && place.end === undefined) {
      this.#beginPast(topic, place, { end: next, frames: 0, keptSince: Date.now() });
    }
    this.advance(topic, place);
  }

  /** Reports an event of a live topic that the application does not get. */
  lose(topic: string, place: Place, gap: string): void {
    this.#tell(topic, { gap });
    this.advance(topic, place);
  }

  /** Reports the end of the past, once the topic's next event is not past. */
  advance(topic: string, place: Place): void {
    const { next = 0, end } = place;
    if (end === undefined || next < end) return;
    place.past = place.end = undefined;
    this.#tell(topic, { past: { kind: "end" } });
  }

  /** Takes the data of a `past` command. */
  answer(data: Uint8Array): void {
    const topic = commandTopic(data, 3);
    const place = this.#places.get(topic);
    const [end, frames, keptSince] = [0, 1, 2].map((index) => commandNumber(data, index));
    if (place?.past === undefined || this.#places.hasStale(topic)) return;
    if (end === undefined || frames === undefined || keptSince === undefined) return;
    this.#beginPast(topic, place, { end, frames, keptSince });
  }

  #beginPast(topic: string, place: Place, { end, frames, keptSince }: PastAnswer): void {
    const gap = this.#places.beginPast(place, end, frames);
    if (gap !== undefined) this.#tell(topic, { gap });
    this.#tell(topic, { past: { kind: "start", frames, keptSince } });
  }
}
