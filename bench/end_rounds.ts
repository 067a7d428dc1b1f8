import process from "node:process";
import { createInterface } from "node:readline";
import type { HealthEvent } from "../drivers/contract/health.ts";

/** The rounds that a {@linkcode EndProcess} requests, each a number of events. */
export async function* requestedRounds(): AsyncGenerator<number> {
  console.log("live");
  for await (const line of createInterface({ input: process.stdin })) yield Number(line);
}

/** Reports that a round may begin. */
export function begin(): void {
  console.log("begun");
}

/** Reports the result of a round. */
export function report(events: number, elapsedMs: number): void {
  console.log(JSON.stringify({ eventsPerSecond: Number((events / elapsedMs * 1000).toFixed(1)) }));
}

const WELL: ReadonlySet<HealthEvent["kind"]> = new Set(["connected", "live"]);

/**
 * Ends the process when an event is lost, since such a round measures nothing.
 * @throws {Error} with the health event
 */
export async function requireHealth(health: AsyncIterable<HealthEvent>): Promise<void> {
  for await (const event of health) {
    if (!WELL.has(event.kind)) throw new Error(`Not all events arrive: ${JSON.stringify(event)}`);
  }
}

/** Times arrivals from the first batch to the last. */
export class ArrivalMeter {
  #wanted = 0;
  #seen = 0;
  /** Number of events in the first batch, whose time the measurement excludes. */
  #before = 0;
  #startMs = 0;

  /** Starts to measure. */
  expect(events: number): void {
    this.#wanted = events;
    this.#seen = 0;
    begin();
  }

  /** Counts more arrivals, and reports when all are there. */
  note(events: number): void {
    if (this.#seen === 0) {
      this.#before = events;
      this.#startMs = performance.now();
    }
    this.#seen += events;
    if (this.#seen !== this.#wanted) return;
    report(this.#seen - this.#before, performance.now() - this.#startMs);
  }
}
