import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";

/** One end of a driver, with its watch. */
export interface ObservedEnd<End> {
  readonly end: End;
  readonly watch: EndWatch;
}

/** Follows the health of one end of a driver from now on. */
export function observe<End extends Pick<FramePublisher, "health">>(end: End): ObservedEnd<End> {
  const watch = new EndWatch();
  void watch.follow(end.health);
  return { end, watch };
}

/**
 * Summarizes the health events of one end of a driver: which addresses are unreachable now, and how
 * much was dropped for which reason.
 */
export class EndWatch {
  /** Reasons by address. */
  readonly #lost = new Map<string, string>();
  readonly #drops = new Map<string, number>();
  /** Number of lost and of restored connections since the start. */
  readonly connections: { lost: number; back: number } = { lost: 0, back: 0 };
  #dropTotal = 0;
  #peers = 0;

  /** Why the end is disconnected; undefined if it is not. */
  get outage(): string | undefined {
    const [first] = this.#lost;
    return first === undefined ? undefined : `no connection at ${first[0]}: ${first[1]}`;
  }

  /** Dropped frames, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#drops);
  }

  /** Number of peers connected to this end, if it knows them. */
  get peers(): number {
    return this.#peers;
  }

  /** Follows a stream of health events until it ends. */
  async follow(health: AsyncIterable<HealthEvent>): Promise<void> {
    for await (const event of health) this.note(event);
  }

  /** Handles one event. */
  note(event: HealthEvent): void {
    switch (event.kind) {
      case "connected":
      case "live":
        return this.#noteBack(event.address);
      case "disconnected":
        return this.#noteLost(event.address, event.reason);
      case "peer-joined":
      case "peer-left":
        this.#peers = event.peers;
        return;
      case "dropped":
        return this.#noteDropped(event.reason, event.total);
    }
  }

  #noteLost(address: string, reason: string): void {
    if (!this.#lost.has(address)) this.connections.lost++;
    this.#lost.set(address, reason);
  }

  #noteBack(address: string): void {
    if (this.#lost.delete(address)) this.connections.back++;
  }

  // Totals cover all reasons, and a stream of health events may skip some of many. Skipped ones
  // count for the next reported reason, so that the sum is always correct.
  #noteDropped(reason: string, total: number): void {
    const more = Math.max(0, total - this.#dropTotal);
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + more);
    this.#dropTotal += more;
  }
}
