/** What all events that are held back may take together. */
export class HoldBudget {
  readonly #maxEvents: number;
  readonly #maxOctets: number;
  #events = 0;
  #octets = 0;

  constructor(maxEvents: number, maxOctets: number) {
    this.#maxEvents = maxEvents;
    this.#maxOctets = maxOctets;
  }

  /** How many events are held. */
  get events(): number {
    return this.#events;
  }

  /** Whether no more should be held. */
  get isSpent(): boolean {
    return this.#events >= this.#maxEvents || this.#octets >= this.#maxOctets;
  }

  /** One more is held. */
  take(octets: number): void {
    this.#events++;
    this.#octets += octets;
  }

  /** One is held no more. */
  giveBack(octets: number): void {
    this.#events--;
    this.#octets -= octets;
  }
}
