import type { HealthEvent } from "../../../drivers/contract/health.ts";

/**
 * What one end of a driver tells of itself, added up: which addresses are lost just now, and how
 * much was dropped and why.
 */
export class EndWatch {
  readonly #onChange: () => void;
  /** Address to reason. */
  readonly #lost = new Map<string, string>();
  readonly #drops = new Map<string, number>();
  #dropTotal = 0;
  #losses = 0;
  #returns = 0;
  #peers = 0;

  /** @param onChange called when an address is lost, and when one is back */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Why the end is cut off from what it connects to; undefined while it is not. */
  get outage(): string | undefined {
    const [first] = this.#lost;
    return first === undefined ? undefined : `lost ${first[0]}: ${first[1]}`;
  }

  /** Frames dropped, by reason. */
  get drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#drops);
  }

  /** Connections lost, and made again after that, since the beginning. */
  get connections(): { readonly lost: number; readonly back: number } {
    return { lost: this.#losses, back: this.#returns };
  }

  /** Peers that are connected to this end, where it can tell. */
  get peers(): number {
    return this.#peers;
  }

  /** Reads a stream of health until it ends. */
  async follow(health: AsyncIterable<HealthEvent>): Promise<void> {
    for await (const event of health) this.note(event);
  }

  /** Takes in one event. */
  note(event: HealthEvent): void {
    switch (event.kind) {
      case "connected":
      case "live":
        return this.#noteBack(event.address);
      case "disconnected":
        return this.#noteLost(event.address, event.reason);
      case "peer-joined":
        this.#peers++;
        return;
      case "peer-left":
        this.#peers = Math.max(0, this.#peers - 1);
        return;
      case "dropped":
        return this.#noteDropped(event.reason, event.total);
    }
  }

  #noteLost(address: string, reason: string): void {
    if (!this.#lost.has(address)) this.#losses++;
    this.#lost.set(address, reason);
    this.#onChange();
  }

  #noteBack(address: string): void {
    if (!this.#lost.delete(address)) return;
    this.#returns++;
    this.#onChange();
  }

  // Totals are of all reasons together, and a stream of health may skip events when they are many:
  // what was skipped counts to the reason that is told next, so that the sum is always right.
  #noteDropped(reason: string, total: number): void {
    const more = Math.max(0, total - this.#dropTotal);
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + more);
    this.#dropTotal += more;
  }
}
