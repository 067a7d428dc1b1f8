/** How often a peer is probed, and how long it may be silent. */
export interface HeartbeatOptions {
  /** 0 turns probes off. */
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** When a peer was heard, and when it is to be probed. */
export class Heartbeat {
  /** How long the peer says that it may be silent; 0 for ever. */
  ttlMs = 0;
  /** Whether the peer was silent for too long. */
  isOver = false;
  readonly #options: HeartbeatOptions;
  #heardAt: number;
  #pingedAt: number;
  #tickedAt: number;

  constructor(options: HeartbeatOptions, now: number) {
    this.#options = options;
    this.#heardAt = this.#pingedAt = this.#tickedAt = now;
  }

  /** The peer was heard, or it cannot be known whether it was. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /**
   * Why the connection ends, `ping` when the peer is to be probed, or undefined.
   *
   * @param answers whether the peer answers probes
   */
  tick(now: number, answers: boolean): string | undefined {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options;
    // A process that stood still first reads what has come meanwhile: that time does not count.
    const stoodMs = now - this.#tickedAt;
    this.#tickedAt = now;
    if (heartbeatTimeoutMs > 0 && stoodMs > heartbeatTimeoutMs / 2) {
      this.#heardAt = Math.min(now, this.#heardAt + stoodMs);
    }
    const silentMs = now - this.#heardAt;
    if (this.ttlMs > 0 && silentMs > this.ttlMs) {
      this.isOver = true;
      return `the peer was silent for longer than the ${this.ttlMs / 1000} s it named`;
    }
    if (!answers || heartbeatIntervalMs === 0) return undefined;
    if (silentMs > heartbeatTimeoutMs) {
      this.isOver = true;
      return `no word from the peer for ${heartbeatTimeoutMs / 1000} s`;
    }
    if (now - this.#pingedAt < heartbeatIntervalMs) return undefined;
    this.#pingedAt = now;
    return "ping";
  }
}
