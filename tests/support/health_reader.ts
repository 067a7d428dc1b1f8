import assert from "node:assert/strict";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const TIMEOUT_MS = 30_000;

/** Reads a health stream from now on and keeps what it told. */
export class HealthReader {
  readonly events: HealthEvent[] = [];
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #told = new Notifier();

  constructor(health: AsyncIterable<HealthEvent>) {
    this.ended = this.#read(health);
  }

  async #read(health: AsyncIterable<HealthEvent>): Promise<void> {
    for await (const event of health) {
      this.events.push(event);
      this.#told.notify();
    }
  }

  /** The kinds so far, with the proof or reason where there is one: `live echo`. */
  get kinds(): string[] {
    return this.events.map((event) => {
      if (event.kind === "live") return `live ${event.proof}`;
      return event.kind === "dropped" ? `dropped ${event.reason}` : event.kind;
    });
  }

  /** Resolves when a kind was told, for the `times`th time. */
  async has(kind: string, times = 1): Promise<void> {
    const enough = () => this.kinds.filter((each) => each === kind).length >= times;
    const told = await this.#told.until(enough, { timeoutMs: TIMEOUT_MS });
    assert(told, `"${kind}" was not told ${times} times, but ${this.kinds.join(", ")}`);
  }
}
