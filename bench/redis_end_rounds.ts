import process from "node:process";
import { createInterface } from "node:readline";
import type { HealthEvent } from "../drivers/contract/health.ts";

/** The rounds that a {@linkcode RedisEnd} asks for, each a number of events. */
export async function* askedRounds(): AsyncGenerator<number> {
  console.log("live");
  for await (const line of createInterface({ input: process.stdin })) yield Number(line);
}

/** Tells that a round may begin. */
export function begin(): void {
  console.log("begun");
}

/** Tells what a round came to. */
export function report(events: number, elapsedMs: number): void {
  console.log(JSON.stringify({ eventsPerSecond: Number((events / elapsedMs * 1000).toFixed(1)) }));
}

const WELL: ReadonlySet<HealthEvent["kind"]> = new Set(["connected", "live"]);

/**
 * Ends the process when anything is lost: a round in which that happens measures nothing.
 *
 * @throws {Error} saying what
 */
export async function requireHealth(health: AsyncIterable<HealthEvent>): Promise<void> {
  for await (const event of health) {
    if (!WELL.has(event.kind)) throw new Error(`Not all events arrive: ${JSON.stringify(event)}`);
  }
}

/** Times arrivals, from the first wake-up that brought any to the last. */
export class ArrivalMeter {
  #wanted = 0;
  #seen = 0;
  /** How many the first wake-up brought: their time is not in the measurement. */
  #before = 0;
  #startMs = 0;

  /** From now on. */
  expect(events: number): void {
    this.#wanted = events;
    this.#seen = 0;
    begin();
  }

  /** Some more have arrived; reports when they are all there. */
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
