import type { Connection } from "./connection.ts";
import { DepartedPeers } from "./departed_peers.ts";
import type { PeerCounters, SubscriberPeer } from "./subscriber_peer.ts";

/** The subscribers of a publisher, by connection and by address. */
export class PeerSet {
  readonly #peers = new Map<Connection, SubscriberPeer>();
  readonly #perAddress = new Map<string, number>();
  readonly departed = new DepartedPeers();
  /** Of subscribers that have left. */
  readonly #left: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };

  get size(): number {
    return this.#peers.size;
  }

  /** How many there are from the host of an address. */
  countOf(address: string): number {
    return this.#perAddress.get(hostOf(address)) ?? 0;
  }

  find(connection: Connection): SubscriberPeer | undefined {
    return this.#peers.get(connection);
  }

  add(peer: SubscriberPeer): void {
    this.#peers.set(peer.connection, peer);
    const { peer: address } = peer.connection.stream;
    this.#perAddress.set(hostOf(address), this.countOf(address) + 1);
  }

  delete(connection: Connection): SubscriberPeer | undefined {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return undefined;
    this.#peers.delete(connection);
    addCounters(this.#left, peer.totals);
    this.departed.add(peer);
    peer.close();
    const address = hostOf(connection.stream.peer);
    const left = this.countOf(connection.stream.peer) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
    return peer;
  }

  /** What became of the events of all, those that have left included. */
  get counters(): PeerCounters {
    const total = { ...this.#left };
    for (const { totals } of this.#peers.values()) addCounters(total, totals);
    return total;
  }

  all(): readonly SubscriberPeer[] {
    return [...this.#peers.values()];
  }

  /** Those whose handshake is done. */
  open(): readonly SubscriberPeer[] {
    return this.all().filter(({ connection }) => connection.isOpen);
  }

  /** When all take more memory than the limit: the largest of the address that takes the most. */
  excess(limit: number): readonly SubscriberPeer[] {
    const perAddress = new Map<string, number>();
    let total = 0;
    for (const { memory, connection } of this.#peers.values()) {
      const address = hostOf(connection.stream.peer);
      total += memory;
      perAddress.set(address, (perAddress.get(address) ?? 0) + memory);
    }
    if (total <= limit) return [];
    const [worst] = [...perAddress].reduce((one, other) => other[1] > one[1] ? other : one);
    const theirs = this.all().filter(({ connection }) => hostOf(connection.stream.peer) === worst)
      .sort((one, other) => other.memory - one.memory);
    return theirs.filter(({ memory }) => {
      const isExcess = total > limit;
      if (isExcess) total -= memory;
      return isExcess;
    });
  }
}

function addCounters(total: PeerCounters, { skipped, replayed, lost }: PeerCounters): void {
  total.skipped += skipped;
  total.replayed += replayed;
  total.lost += lost;
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, "");
}
