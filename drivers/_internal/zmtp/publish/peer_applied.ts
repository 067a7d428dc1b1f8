import type { PeerState } from "../../../contract/peer_state.ts";
import type { Topic } from "./topic_table.ts";

/** What one subscriber has reported about its application, per topic. */
export class PeerApplied {
  /** The `seq` of the last event that the application has, per topic. */
  readonly #seqs = new Map<Topic, number>();
  /** The highest `seq` for which a report was requested, per topic. */
  readonly #requested = new Map<Topic, number>();
  #reportedAt: number | undefined;

  /** Number of entries, for an estimate of memory. */
  get size(): number {
    return this.#seqs.size + this.#requested.size;
  }

  /** The application has the events of a topic up to `seq`. */
  note(topic: Topic, seq: number): void {
    this.#seqs.set(topic, Math.min(seq, topic.seq));
    this.#reportedAt = performance.now();
  }

  forget(topic: Topic): void {
    this.#seqs.delete(topic);
    this.#requested.delete(topic);
  }

  forgetAll(): void {
    this.#seqs.clear();
    this.#requested.clear();
  }

  /**
   * The `seq` of a topic's last event that the application has; undefined before the first report.
   */
  of(topic: Topic): number | undefined {
    return this.#seqs.get(topic);
  }

  /** Time since the last report, in milliseconds; undefined before the first. */
  get ageMs(): number | undefined {
    if (this.#reportedAt === undefined) return undefined;
    return Math.round(performance.now() - this.#reportedAt);
  }

  /** Records a request for a report of this event. Returns false if it was already requested. */
  request(topic: Topic, seq: number): boolean {
    if ((this.#requested.get(topic) ?? -1) >= seq) return false;
    this.#requested.set(topic, seq);
    return true;
  }

  /** The state over all topics; undefined before the first report. */
  get state(): ReturnType<PeerState["applied"]> {
    const { ageMs } = this;
    if (ageMs === undefined) return undefined;
    const now = performance.now();
    let behind = 0;
    let behindMs = 0;
    for (const [topic, seq] of this.#seqs) {
      behind += topic.seq - seq;
      behindMs = Math.max(behindMs, topic.times.ageOf(seq + 1, now));
    }
    return { behind, behindMs: Math.round(behindMs), ageMs };
  }
}
