import type { HealthEvent } from "../contract/health.ts";

/** Reports each peer that connects to a bound end, or leaves it, and counts those connected. */
export class PeerCounter {
  readonly #publish: (event: HealthEvent) => void;
  #peers = 0;

  constructor(publish: (event: HealthEvent) => void) {
    this.#publish = publish;
  }

  joined(address: string): void {
    this.#publish({ kind: "peer-joined", address, peers: ++this.#peers });
  }

  left(address: string): void {
    this.#publish({ kind: "peer-left", address, peers: --this.#peers });
  }
}
