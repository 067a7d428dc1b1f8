import type { PeerState } from "../../../contract/peer_state.ts";
import type { SubscriberPeer } from "./subscriber_peer.ts";

/** The state of a peer. Each value is read when it is used; those of 1,000 peers take 1 ms. */
export class PeerView implements PeerState {
  readonly #peer: SubscriberPeer;

  constructor(peer: SubscriberPeer) {
    this.#peer = peer;
  }

  get address(): string {
    return this.#peer.connection.stream.peer;
  }

  get session(): PeerState["session"] {
    return this.#peer.connection.session;
  }

  get socketType(): string {
    return this.#peer.connection.peer?.socketType ?? "";
  }

  get topics(): PeerState["topics"] {
    return (most) => this.#peer.firstTopics(most);
  }

  get topicCount(): number {
    return this.#peer.subscriptions;
  }

  get connectedAt(): number {
    return this.#peer.connectedAt;
  }

  get lag(): number {
    return this.#peer.lag;
  }

  get backlog(): PeerState["backlog"] {
    return () => this.#peer.backlog;
  }

  get applied(): PeerState["applied"] {
    return () => this.#peer.applied.state;
  }

  get skipped(): number {
    return this.#peer.totals.skipped;
  }

  get replayed(): number {
    return this.#peer.counters.replayed;
  }

  get lost(): number {
    return this.#peer.counters.lost;
  }
}
