import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { cpuSeconds } from "./process_stats.ts";

/** The result of one round at one end of a bus. */
export interface EndRound {
  readonly eventsPerSecond: number;
  /** User and system time of the end's whole process. */
  readonly cpuMicrosPerEvent: number;
}

const LIVE_TIMEOUT_MS = 20_000;
const ROUND_TIMEOUT_MS = 60_000;
const REPORT = /^\{"eventsPerSecond":([\d.]+)\}$/;

/** One end of a bus in its own process, which runs a script. */
export class EndProcess implements AsyncDisposable {
  readonly #child: Child;

  /** Starts the script and waits until it is connected, or until its subscription is live. */
  static async start(script: URL, args: readonly string[]): Promise<EndProcess> {
    const path = fileURLToPath(script);
    const child = new Child(Deno.execPath(), ["run", "-A", path, ...args], { read: "stdout" });
    await child.line(/^live$/, LIVE_TIMEOUT_MS);
    return new EndProcess(child);
  }

  private constructor(child: Child) {
    this.#child = child;
  }

  /**
   * Makes the end send or receive `events` events.
   * @param feed produces the events, for a receiving end
   * @throws {Error} when an event is lost
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
