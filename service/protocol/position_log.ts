import type { DbUpdate } from "../event/db_update.ts";

/**
 * A place in what is published. Either the last event of one run of a publisher under a topic, by its
 * sequence number; or, at a broker that keeps events, an opaque place in a topic.
 */
export type Position =
  | {
    readonly publisher: string;
    readonly epoch: number;
    readonly topic: string;
    readonly seq: number;
  }
  | { readonly topic: string; readonly position: string };

/** The position of one publisher under one topic. */
export type PublisherPosition = Extract<Position, { readonly seq: number }>;

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
