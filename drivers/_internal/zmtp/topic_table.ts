import type { SubscriberPeer } from "./subscriber_peer.ts";
import { TopicTimes } from "./topic_times.ts";
import type { WireLog } from "./wire_log.ts";

/** A topic that events were sent on, or that a subscriber asked for. */
export class Topic {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The bytes as text of one character each, as prefixes are compared. */
  readonly key: string;
  /** The number of its last event. */
  seq: number;
  /** Where its last event is in the log. */
  last = -1;
  /** Subscribers that get it: up to date when it has `version` of the table. */
  readonly peers = new Set<SubscriberPeer>();
  version = -1;

  readonly times: TopicTimes;

  constructor(name: string, bytes: Uint8Array<ArrayBuffer>, seq: number) {
    this.times = new TopicTimes(seq);
    this.name = name;
    this.bytes = bytes;
    // The same text where it is ASCII, as most are.
    this.key = name.length === bytes.length ? name : byteText(bytes);
    this.seq = seq;
  }
}

/** Bytes as a text of one character each. */
export function byteText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** About 1 KB each with one subscriber: 250 MB at most, and what the heap keeps free beside it. */
const MAX_TOPICS = 250_000;

/** Topics by name, and their subscribers. */
export class TopicTable {
  /** Changes with every subscription by prefix. */
  version = 0;
  readonly #byName = new Map<string, Topic>();
  readonly #plain = new Set<SubscriberPeer>();
  readonly #maxTopics: number;
  /** No event of a topic that was forgotten has a higher number. */
  #base = 0;

  /** @param maxTopics beyond which topics that nobody needs are forgotten */
  constructor(maxTopics: number = MAX_TOPICS) {
    this.#maxTopics = maxTopics;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  /**
   * The topic of that name; it is created if missing. A topic that never had an event begins where it
   * began before, for subscribers that come back to it.
   *
   * @param log where the kept events begin and end
   */
  get(name: string, bytes: Uint8Array<ArrayBuffer>, log: Pick<WireLog, "head" | "tail">): Topic {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= this.#maxTopics) this.#forget(log);
    const topic = new Topic(name, bytes.slice(), this.#base);
    this.#byName.set(name, topic);
    return topic;
  }

  /** Forgets topics without a subscriber and without an event in the log. */
  #forget({ head, tail }: Pick<WireLog, "head" | "tail">): void {
    this.#base = head;
    for (const [name, topic] of this.#byName) {
      if (topic.peers.size === 0 && topic.last < tail) this.#byName.delete(name);
    }
  }

  /** Subscriptions by prefix of this peer have changed; it gets a place here. */
  notePlain(peer: SubscriberPeer): void {
    this.#plain.add(peer);
    this.version++;
  }

  /** A peer has disconnected. */
  forgetPeer(peer: SubscriberPeer): void {
    this.#plain.delete(peer);
    for (const topic of peer.topics) this.leave(topic, peer);
  }

  /** A peer no longer gets a topic; one that nobody wants and that never had an event is forgotten. */
  leave(topic: Topic, peer: SubscriberPeer): void {
    peer.forget(topic);
    topic.peers.delete(peer);
    if (topic.peers.size === 0 && topic.last < 0) this.#byName.delete(topic.name);
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
