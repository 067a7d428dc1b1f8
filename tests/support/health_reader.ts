import assert from "node:assert/strict";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const TIMEOUT_MS = 30_000;

/** Reads a health stream from construction on and keeps its events. */
export class HealthReader {
  readonly events: HealthEvent[] = [];
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #changed = new Notifier();

  constructor(health: AsyncIterable<HealthEvent>) {
    this.ended = this.#read(health);
  }

  async #read(health: AsyncIterable<HealthEvent>): Promise<void> {
    for await (const event of health) {
      this.events.push(event);
      this.#changed.notify();
    }
  }

  /** The kinds so far, each with its proof or reason if it has one: `live echo`. */
  get kinds(): string[] {
    return this.events.map((event) => {
      if (event.kind === "live") return `live ${event.proof}`;
      return event.kind === "dropped" ? `dropped ${event.reason}` : event.kind;
    });
  }

  /** Resolves when the stream has reported a kind `times` times. */
  async has(kind: string, times = 1): Promise<void> {
    const enough = () => this.kinds.filter((each) => each === kind).length >= times;
    const isReported = await this.#changed.until(enough, { timeoutMs: TIMEOUT_MS });
    assert(isReported, `"${kind}" was not reported ${times} times, but ${this.kinds.join(", ")}`);
  }
}
