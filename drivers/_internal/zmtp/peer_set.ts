import { DepartedPeers } from "./departed_peers.ts";
import type { PeerCounters, SubscriberPeer } from "./subscriber_peer.ts";

/** The subscribers of a publisher, and how many there are of each address. */
export class PeerSet extends Set<SubscriberPeer> {
  readonly #perAddress = new Map<string, number>();
  readonly departed = new DepartedPeers();
  /** Of subscribers that have left. */
  readonly #left: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };

  /** How many there are from the host of an address. */
  countOf(address: string): number {
    return this.#perAddress.get(hostOf(address)) ?? 0;
  }

  override add(peer: SubscriberPeer): this {
    this.#count(peer, 1);
    return super.add(peer);
  }

  override delete(peer: SubscriberPeer): boolean {
    addCounters(this.#left, peer.totals);
    this.departed.add(peer);
    this.#count(peer, -1);
    return super.delete(peer);
  }

  #count({ connection: { stream } }: SubscriberPeer, change: 1 | -1): void {
    const count = this.countOf(stream.peer) + change;
    if (count > 0) this.#perAddress.set(hostOf(stream.peer), count);
    else this.#perAddress.delete(hostOf(stream.peer));
  }

  /** What became of the events of all, those that have left included. */
  get counters(): PeerCounters {
    const total = { ...this.#left };
    for (const { totals } of this) addCounters(total, totals);
    return total;
  }

  /** Those whose handshake is done. */
  open(): readonly SubscriberPeer[] {
    return [...this].filter(({ connection }) => connection.isOpen);
  }

  /** When all take more memory than the limit: the largest of the address that takes the most. */
  excess(limit: number): readonly SubscriberPeer[] {
    const perAddress = new Map<string, number>();
    let total = 0;
    for (const { memory, connection } of this) {
      const address = hostOf(connection.stream.peer);
      total += memory;
      perAddress.set(address, (perAddress.get(address) ?? 0) + memory);
    }
    if (total <= limit) return [];
    const [worst] = [...perAddress].reduce((one, other) => other[1] > one[1] ? other : one);
    const theirs = [...this].filter(({ connection }) => hostOf(connection.stream.peer) === worst)
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
