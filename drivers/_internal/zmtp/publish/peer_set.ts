import type { DepartedPeer } from "../../../contract/peer_state.ts";
import type { Settings } from "../../../contract/option.ts";
import { maxConnections, maxConnectionsPerAddress } from "../options.ts";
import type { PeerCounters, SubscriberPeer } from "./subscriber_peer.ts";
import { unixTimeOf } from "./unix_time.ts";

const MAX_DEPARTED = 1_000;
const MAX_TOPICS = 100;
const MAX_AGE_MS = 3_600_000;

/** The subscribers of a publisher, counted per address. */
export class PeerSet extends Set<SubscriberPeer> {
  readonly #perAddress = new Map<string, number>();
  readonly departed = new DepartedPeers();
  /** Totals of subscribers that have disconnected. */
  readonly #left: PeerCounters = { skipped: 0, replayed: 0, lost: 0 };

  /** Why there is no room for another subscriber at an address; undefined if there is. */
  fullFor(address: string, settings: Settings): string | undefined {
    const count = this.countOf(address);
    if (count >= settings.get(maxConnectionsPerAddress)) {
      return `its address has ${count} connections: see ${maxConnectionsPerAddress.name}`;
    }
    if (this.size < settings.get(maxConnections)) return undefined;
    return `there are ${this.size} connections, ${count} from its address: see ${maxConnections.name}`;
  }

  /** Number of subscribers from the host of an address. */
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

  /** Totals of skipped, replayed and lost events, including subscribers that have disconnected. */
  get counters(): PeerCounters {
    const total = { ...this.#left };
    for (const { totals } of this) addCounters(total, totals);
    return total;
  }

  /** The subscribers that have completed the handshake. */
  open(): readonly SubscriberPeer[] {
    return [...this].filter(({ connection }) => connection.isOpen);
  }

  /** Above the memory limit, refuses the largest subscribers of the address that uses the most. */
  limitMemory(limit: number): void {
    const perAddress = new Map<string, number>();
    let total = 0;
    for (const { memory, connection } of this) {
      const address = hostOf(connection.stream.peer);
      total += memory;
      perAddress.set(address, (perAddress.get(address) ?? 0) + memory);
    }
    if (total <= limit) return;
    const [worst] = [...perAddress].reduce((one, other) => other[1] > one[1] ? other : one);
    const theirs = [...this].filter(({ connection }) => hostOf(connection.stream.peer) === worst)
      .sort((one, other) => other.memory - one.memory);
    for (const { memory, connection } of theirs) {
      if (total <= limit) return;
      total -= memory;
      connection.refuse(`all subscribers use more than ${limit} bytes`, "memory");
    }
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

/**
 * A subscriber that has disconnected, with the last applied `seq` of each of its first 100 topics
 * (-1 if unknown).
 */
export interface Departed extends DepartedPeer {
  readonly applied: ReadonlyMap<string, number>;
}

/**
 * Subscribers that disconnected within the last hour and have not reconnected: the latest 1,000. A
 * subscriber without our session is not listed: it has no name.
 */
class DepartedPeers {
  readonly #peers = new Map<string, Departed & { readonly leftMs: number }>();

  /** The departed subscribers, oldest departure first. */
  all(): readonly Departed[] {
    const since = performance.now() - MAX_AGE_MS;
    for (const [key, { leftMs }] of this.#peers) if (leftMs < since) this.#peers.delete(key);
    return [...this.#peers.values()];
  }

  add({ connection, topics, applied }: SubscriberPeer): void {
    const { session, stream, heartbeat, refusedAs } = connection;
    if (session === undefined || topics.size === 0) return;
    const { node, processId, version } = session;
    const first = topics.values().take(MAX_TOPICS);
    const key = `${node}\n${processId}`;
    const leftMs = performance.now();
    this.#peers.delete(key);
    this.#peers.set(key, {
      address: stream.peer,
      session: { node, processId, version },
      leftMs,
      get leftAt() {
        return unixTimeOf(leftMs);
      },
      isSilent: heartbeat.isOver || refusedAs === "stalled",
      applied: new Map(Array.from(first, (topic) => [topic.name, applied.of(topic) ?? -1])),
    });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MAX_DEPARTED && oldest !== undefined) this.#peers.delete(oldest);
  }

  /** A subscriber has connected: removes it, or else a process of the same node, from this list. */
  noteBack({ connection: { session } }: SubscriberPeer): void {
    const { node, processId } = session ?? {};
    const key = `${node}\n${processId}`;
    const isOfNode = (other: string) => other.startsWith(`${node}\n`);
    const back = this.#peers.has(key) ? key : [...this.#peers.keys()].find(isOfNode);
    if (back !== undefined) this.#peers.delete(back);
  }
}
