import type { AppliedTracker, TopicSubscriber } from "../../../contract/peer_state.ts";
import { waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import type { Departed } from "./peer_set.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { SubscriberPeers } from "./subscriber_peers.ts";
import type { Topic } from "./topic_table.ts";

/** For this time after a question about a topic, a question about its next event is expected. */
const AWAITED_MS = 1_000;

/** A caller that waits until a number of subscribers have applied an event. */
interface Wait {
  readonly topic: Topic | undefined;
  readonly seq: number;
  /** Number of subscribers that have yet to apply it. */
  left: number;
  readonly wake: () => void;
}

/**
 * Tracks what the applications of a publisher's subscribers have applied. A `place` is the seq of
 * an event in its topic, as text.
 */
export class SubscribersApplied implements AppliedTracker {
  readonly #peers: SubscriberPeers;
  readonly #waits = new Set<Wait>();

  constructor(peers: SubscriberPeers) {
    this.#peers = peers;
  }

  place(name: string, back = 0): Promise<string | undefined> {
    const topic = this.#peers.topics.find(name);
    return Promise.resolve(topic && String(topic.seq - back));
  }

  subscribers(name: string, place: string): Promise<readonly TopicSubscriber[]> {
    const { topics, peers } = this.#peers;
    const topic = topics.find(name);
    if (topic === undefined) return Promise.resolve([]);
    topic.awaitedUntil = performance.now() + AWAITED_MS;
    const seq = Number(place);
    const connected = [...topics.peersOf(topic)].filter((peer) => peer.topics.has(topic))
      .map((peer) => this.#look(peer, topic, seq));
    const departed = peers.departed.all().filter(({ applied }) => applied.has(name))
      .map((each) => lookBack(each, topic, seq));
    return Promise.resolve([...connected, ...departed]);
  }

  #look(peer: SubscriberPeer, topic: Topic, seq: number): TopicSubscriber {
    const applied = peer.applied.of(topic);
    const hasApplied = applied !== undefined && applied >= seq;
    if (!hasApplied) this.#request(peer, topic, seq);
    const { stream, session } = peer.connection;
    return {
      address: stream.peer,
      session,
      hasApplied,
      behind: applied === undefined ? undefined : topic.seq - applied,
      ageMs: peer.applied.ageMs,
    };
  }

  #request(peer: SubscriberPeer, topic: Topic, seq: number): void {
    if (peer.requestReport(topic, seq)) this.#peers.rounds.noteDue(peer);
  }

  async reached(
    name: string,
    place: string,
    { count, ...bounds }: WaitOptions & { readonly count: number },
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const topic = this.#peers.topics.find(name);
    const wait: Wait = { topic, seq: Number(place), left: count, wake: resolve };
    this.#waits.add(wait);
    try {
      await waitFor(promise, bounds, () => {});
    } finally {
      this.#waits.delete(wait);
    }
  }

  /** Handles a subscriber's report; `before` is the seq of the topic in its previous report. */
  noteReport(peer: SubscriberPeer, topic: Topic, before = -1): void {
    for (const wait of this.#waits) {
      if (wait.topic !== topic || before >= wait.seq) continue;
      if ((peer.applied.of(topic) ?? -1) < wait.seq) this.#request(peer, topic, wait.seq);
      else if (--wait.left <= 0) wait.wake();
    }
  }
}

function lookBack(
  { address, session, leftAt, isSilent, applied }: Departed,
  topic: Topic,
  seq: number,
): TopicSubscriber {
  const had = applied.get(topic.name) ?? -1;
  return {
    address,
    session,
    hasApplied: had >= seq,
    behind: had < 0 ? undefined : topic.seq - had,
    ageMs: undefined,
    departed: { leftAt, isSilent },
  };
}
