import { inTurns } from "../../../contract/next_turn.ts";
import { byteText, textBytes } from "../../byte_text.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";
import { TopicTimes } from "./topic_times.ts";
import type { WireLog } from "./wire_log.ts";

/** A topic that had events or that a subscriber requested. */
export class Topic {
  readonly name: string;
  /** The topic with one character per byte. */
  readonly key: string;
  /** Wire number of the last event. */
  seq: number;
  /** Log index of the last event; -1 without one. */
  last = -1;
  /**
   * Subscribers of the topic: up to date if `version` equals that of the table. A peer that has just
   * left may still be among them: {@linkcode SubscriberPeer.topics} is exact.
   */
  readonly peers = new Set<SubscriberPeer>();
  version = -1;
  /** The subscriber whose estimated memory includes this topic. */
  countedFor: SubscriberPeer | undefined;
  /** Until this time, the next event is sent with a request to report that it has been applied. */
  awaitedUntil = -Infinity;

  readonly #firstSeq: number;
  // Created with the first event: of many topics, most have none.
  #times: TopicTimes | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(name: string, bytes: Uint8Array, seq: number) {
    this.#firstSeq = seq;
    this.name = name;
    // For ASCII, which most topics are, the name is the same text.
    this.key = name.length === bytes.length ? name : byteText(bytes);
    this.seq = seq;
  }

  get times(): TopicTimes {
    return this.#times ??= new TopicTimes(this.#firstSeq);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes ??= textBytes(this.key);
  }
}

/** At most 700 bytes each with one subscriber: 175 MB, plus what the heap keeps free. */
const MAX_TOPICS = 250_000;

/** Topics by name, and their subscribers. */
export class TopicTable {
  /** Changes with every change of prefix subscriptions. */
  version = 0;
  readonly #log: Pick<WireLog, "head" | "tail">;
  readonly #byName = new Map<string, Topic>();
  readonly #plain = new Set<SubscriberPeer>();
  readonly #maxTopics: number;
  /** No event of a forgotten topic has a higher wire number. */
  #base = 0;

  /** @param maxTopics number of topics at which the table forgets unused topics */
  constructor(log: Pick<WireLog, "head" | "tail">, maxTopics: number = MAX_TOPICS) {
    this.#log = log;
    this.#maxTopics = maxTopics;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  /**
   * Returns the topic of that name, and creates it if missing. A topic that never had an event is
   * created with the same wire number again, so that subscribers can resume it.
   */
  get(name: string, bytes: Uint8Array): Topic {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= this.#maxTopics) this.#forget();
    const topic = new Topic(name, bytes, this.#base);
    this.#byName.set(name, topic);
    return topic;
  }

  /** Forgets topics without a subscriber and without an event in the log. */
  #forget(): void {
    const { head, tail } = this.#log;
    this.#base = head;
    for (const [name, topic] of this.#byName) {
      if (topic.peers.size === 0 && topic.last < tail) this.#byName.delete(name);
    }
  }

  /** The prefix subscriptions of this peer have changed. Adds the peer if it is new. */
  notePlain(peer: SubscriberPeer): void {
    this.#plain.add(peer);
    this.version++;
  }

  /**
   * A peer has disconnected or wants no topic any more. It may have many: other work runs before the
   * last one has forgotten the peer.
   */
  async forgetPeer(peer: SubscriberPeer): Promise<void> {
    this.#plain.delete(peer);
    const topics = peer.forgetAll();
    // The peer may have subscribed to a topic again in the meantime.
    await inTurns(topics, (topic) => peer.topics.has(topic) || this.#release(topic, peer));
  }

  /** Unsubscribes a peer from a topic. */
  leave(topic: Topic, peer: SubscriberPeer): void {
    peer.forget(topic);
    this.#release(topic, peer);
  }

  /** Forgets a topic, too, if it has no subscribers and never had an event. */
  #release(topic: Topic, peer: SubscriberPeer): void {
    topic.peers.delete(peer);
    if (topic.countedFor === peer) topic.countedFor = undefined;
    // Meanwhile the name may belong to a newer topic.
    const isUnused = topic.peers.size === 0 && topic.last < 0;
    if (isUnused && this.#byName.get(topic.name) === topic) this.#byName.delete(topic.name);
  }

  /** The peers that get a topic. */
  peersOf(topic: Topic): ReadonlySet<SubscriberPeer> {
    if (topic.version !== this.version) {
      topic.version = this.version;
      for (const peer of this.#plain) {
        if (peer.gets(topic)) {
          topic.peers.add(peer);
          peer.topics.add(topic);
        } else if (topic.peers.has(peer)) this.leave(topic, peer);
      }
    }
    return topic.peers;
  }
}
