import type { DepartedPeer } from "../../contract/peer_state.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";

const MAX_PEERS = 1_000;
const MAX_TOPICS = 100;
const MAX_AGE_MS = 3_600_000;

/** A subscriber that was disconnected, and the last event that it had of its first topics. */
export interface Departed extends DepartedPeer {
  readonly applied: ReadonlyMap<string, number>;
}

/**
 * Subscribers that were disconnected within the last hour and have not connected again, the latest
 * 1,000 of them; only those with our session have a name to be known by.
 */
export class DepartedPeers {
  readonly #peers = new Map<string, Departed>();

  /** The one that left first comes first. */
  all(): readonly Departed[] {
    const since = Date.now() - MAX_AGE_MS;
    for (const [key, { leftAt }] of this.#peers) if (leftAt < since) this.#peers.delete(key);
    return [...this.#peers.values()];
  }

  add({ connection, topics, applied }: SubscriberPeer): void {
    const { session, stream, heartbeat, refusedAs } = connection;
    if (session === undefined || topics.size === 0) return;
    const { node, processId, version } = session;
    const first = topics.values().take(MAX_TOPICS);
    const key = `${node}\n${processId}`;
    this.#peers.delete(key);
    this.#peers.set(key, {
      address: stream.peer,
      session: { node, processId, version },
      leftAt: Date.now(),
      isSilent: heartbeat.isOver || refusedAs === "stalled",
      applied: new Map(Array.from(first, (topic) => [topic.name, applied.of(topic) ?? -1])),
    });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MAX_PEERS && oldest !== undefined) this.#peers.delete(oldest);
  }

  /** A subscriber has connected: one of its node that had left is there again. */
  noteBack({ connection: { session } }: SubscriberPeer): void {
    const { node, processId } = session ?? {};
    const key = `${node}\n${processId}`;
    const isOfNode = (other: string) => other.startsWith(`${node}\n`);
    const back = this.#peers.has(key) ? key : [...this.#peers.keys()].find(isOfNode);
    if (back !== undefined) this.#peers.delete(back);
  }
}
