import type { DbUpdate } from "../event/db_update.ts";

/** Where one publisher stands under one topic. */
export interface PublisherPosition {
  /** The publisher's id. */
  readonly publisher: string;
  /** The start of it that numbers count from. */
  readonly epoch: number;
  /** The topic they count under. */
  readonly topic: string;
  /** The number of its last event. */
  readonly seq: number;
}

/** Where one topic stands at a broker that keeps events. */
export interface StreamPosition {
  /** The topic. */
  readonly topic: string;
  /** What to go on after; opaque. */
  readonly position: string;
}

/** A place in what is published: all that is at or before it is in the snapshot. */
export type Position = PublisherPosition | StreamPosition;

/** Anyone may invent publishers and topics: so many are remembered. */
const MAX_POSITIONS = 20_000;

/** Remembers the last position of every publisher and topic, of as many as have room. */
export class PositionLog {
  readonly #last = new Map<string, Position>();

  /** Notes where an update stood, if it says so. */
  note({ topic, origin, position }: DbUpdate): void {
    if (origin !== undefined) {
      const { publisher, epoch, topic, seq } = origin;
      this.know([{ publisher, epoch, topic, seq }]);
    }
    if (position !== undefined) this.#set(`\n${topic}`, { topic, position });
  }

  /** Takes over what somebody knows better. */
  know(positions: readonly PublisherPosition[]): void {
    for (const each of positions) this.#set(`${each.publisher}\n${each.topic}`, each);
  }

  #set(name: string, position: Position): void {
    if (this.#last.has(name) || this.#last.size < MAX_POSITIONS) this.#last.set(name, position);
  }

  /** The positions, in the order in which their publishers and topics were first heard. */
  list(): Position[] {
    return [...this.#last.values()];
  }
}
