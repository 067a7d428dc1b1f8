import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { cpuSeconds } from "./process_stats.ts";

/** What one round through one end of a bus came to. */
export interface EndRound {
  readonly eventsPerSecond: number;
  /** User and system time of that end's whole process. */
  readonly cpuMicrosPerEvent: number;
}

const LIVE_TIMEOUT_MS = 20_000;
const ROUND_TIMEOUT_MS = 60_000;
const REPORT = /^\{"eventsPerSecond":([\d.]+)\}$/;

/** One end of a bus in a process of its own: one of the scripts beside this file. */
export class RedisEnd implements AsyncDisposable {
  readonly #child: Child;

  /** Starts the script and waits until it is connected, or its subscription live. */
  static async start(script: string, args: readonly string[]): Promise<RedisEnd> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const child = new Child(Deno.execPath(), ["run", "-A", path, ...args], { read: "stdout" });
    await child.line(/^live$/, LIVE_TIMEOUT_MS);
    return new RedisEnd(child);
  }

  private constructor(child: Child) {
    this.#child = child;
  }

  /**
   * Has it send, or receive, so many events.
   *
   * @param feed what makes them, for an end that receives
   * @throws {Error} when not all arrive
   */
  async run(events: number, feed?: () => Promise<unknown>): Promise<EndRound> {
    const before = await cpuSeconds(this.#child.pid);
    await this.#child.write(String(events));
    await this.#child.line(/^begun$/, ROUND_TIMEOUT_MS);
    await feed?.();
    const [, rate] = await this.#child.line(REPORT, ROUND_TIMEOUT_MS);
    const spent = await cpuSeconds(this.#child.pid) - before;
    return { eventsPerSecond: Number(rate), cpuMicrosPerEvent: spent * 1e6 / events };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
