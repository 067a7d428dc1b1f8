import { parsePing } from "./wire.ts";

/** When to probe a peer, and how long it may be silent, in milliseconds. */
export interface HeartbeatOptions {
  /** Time without data in either direction after which a probe is due; 0 disables probes. */
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
}

/** Tracks when a peer last sent data, and when to probe it next. */
export class Heartbeat {
  /** Maximum silence that the peer allows for itself, in milliseconds; 0 means no limit. */
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

  /** Restarts the silence timeout: the peer sent data, or this end cannot know whether it did. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Notes how long the peer may be silent by its PING. Returns the PONG; undefined if malformed. */
  answer(data: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const ping = parsePing(data);
    if (ping !== undefined) this.ttlMs = ping.ttlMs;
    return ping?.pong;
  }

  /**
   * Returns `ping` if the peer is to be probed, the reason if the connection must end, or
   * undefined. Data in both directions proves as much as a probe and its answer.
   *
   * @param sentAt when this end last sent data
   * @param answers whether the peer answers probes
   */
  tick(now: number, sentAt: number, answers: boolean): string | undefined {
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.#options;
    // After a stall, this process has yet to read what arrived: do not count it as silence.
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
    const provenAt = Math.max(this.#pingedAt, Math.min(this.#heardAt, sentAt));
    if (now - provenAt < heartbeatIntervalMs) return undefined;
    this.#pingedAt = now;
    return "ping";
  }
}
