import type { AppliedTracker, TopicSubscriber } from "../../contract/peer_state.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import type { Notifier } from "../notifier.ts";
import type { Departed } from "./peer_set.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import type { SubscriberPeers } from "./subscriber_peers.ts";
import type { Topic } from "./topic_table.ts";

/** What the applications of a publisher's subscribers have; a place is the number of an event. */
export class SubscribersApplied implements AppliedTracker {
  readonly #peers: SubscriberPeers;
  readonly #reported: Notifier;

  /** @param reported notified of each report */
  constructor(peers: SubscriberPeers, reported: Notifier) {
    this.#peers = peers;
    this.#reported = reported;
  }

  place(name: string, back = 0): Promise<string | undefined> {
    const topic = this.#peers.topics.find(name);
    return Promise.resolve(topic && String(topic.seq - back));
  }

  subscribers(name: string, place: string): Promise<readonly TopicSubscriber[]> {
    const { topics, peers } = this.#peers;
    const topic = topics.find(name);
    if (topic === undefined) return Promise.resolve([]);
    const seq = Number(place);
    const connected = Array.from(topics.peersOf(topic), (peer) => this.#look(peer, topic, seq));
    const departed = peers.departed.all().filter(({ applied }) => applied.has(name))
      .map((each) => lookBack(each, topic, seq));
    return Promise.resolve([...connected, ...departed]);
  }

  #look(peer: SubscriberPeer, topic: Topic, seq: number): TopicSubscriber {
    const applied = peer.applied.of(topic);
    const hasApplied = applied !== undefined && applied >= seq;
    if (!hasApplied && peer.isSession && peer.requestReport(topic, seq)) {
      this.#peers.rounds.noteDue(peer);
    }
    const { stream, session } = peer.connection;
    return {
      address: stream.peer,
      session,
      hasApplied,
      behind: applied === undefined ? undefined : topic.seq - applied,
      ageMs: peer.applied.ageMs,
    };
  }

  /** Reports of many subscribers come in one turn. */
  async changed(options: WaitOptions): Promise<void> {
    if (await this.#reported.wait(options)) await nextTurn();
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
