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

/** Maximum number of positions: anyone can invent publishers and topics. */
const MAX_POSITIONS = 20_000;

/** Remembers the last position of every publisher and topic, up to a limit. */
export class PositionLog {
  readonly #last = new Map<string, Position>();

  /** Records the position of an event, if it has one. */
  note({ topic, origin, position }: DbUpdate): void {
    if (origin !== undefined) {
      const { publisher, epoch, topic, seq } = origin;
      this.know([{ publisher, epoch, topic, seq }]);
    }
    if (position !== undefined) this.#set(`\n${topic}`, { topic, position });
  }

  /** Adopts positions from a more reliable source. */
  know(positions: readonly PublisherPosition[]): void {
    for (const each of positions) this.#set(`${each.publisher}\n${each.topic}`, each);
  }

  #set(name: string, position: Position): void {
    if (this.#last.has(name) || this.#last.size < MAX_POSITIONS) this.#last.set(name, position);
  }

  /** The positions, in the order in which their publishers and topics first appeared. */
  list(): Position[] {
    return [...this.#last.values()];
  }
}
