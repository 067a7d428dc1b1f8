import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { connectServiceManager } from "../../drivers/host.ts";
import type { Clock } from "../../service/base/clock.ts";

/** Where states are sent to; the socket of {@linkcode connectServiceManager} is one. */
export interface StateSink extends Disposable {
  send(text: string): boolean;
  /** The time of the kernel's monotonic clock, in microseconds. */
  monotonicMicros(): bigint;
}

/** What a {@linkcode ServiceManager} works with. */
export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
}

/**
 * The service manager that started this process, told what systemd's sd_notify(3) describes:
 * readiness, the end, a line of status, and a sign of life as often as its watchdog wants.
 *
 * Without one every method does nothing.
 */
export class ServiceManager implements AsyncDisposable {
  readonly #sink: StateSink | undefined;
  readonly #options: ServiceManagerOptions;
  readonly #ended = new AbortController();
  #watching: Promise<void> | undefined;

  /** Connects to the manager that the variable `NOTIFY_SOCKET` names; a wrong one is a warning. */
  static async connect(options: ServiceManagerOptions): Promise<ServiceManager> {
    const address = options.env["NOTIFY_SOCKET"];
    if (!address) return new ServiceManager(undefined, options);
    try {
      return new ServiceManager(await connectServiceManager(address), options);
    } catch (error) {
      options.log.warn(`The service manager is told nothing: ${messageOf(error)}`);
      return new ServiceManager(undefined, options);
    }
  }

  /** @param sink disposed with this */
  constructor(sink: StateSink | undefined, options: ServiceManagerOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** The start is over. */
  ready(status: string): void {
    this.#send("READY=1", `STATUS=${lineOf(status)}`);
  }

  /** The configuration is read anew; {@linkcode ready} says that it has been. */
  reloading(): void {
    const micros = this.#sink?.monotonicMicros();
    this.#send("RELOADING=1", `MONOTONIC_USEC=${micros}`, "STATUS=Reloading the configuration");
  }

  /** The end has begun. */
  stopping(): void {
    this.#send("STOPPING=1", "STATUS=Stopping: sending what was accepted");
  }

  /** One line for people. */
  status(text: string): void {
    this.#send(`STATUS=${lineOf(text)}`);
  }

  /** Gives signs of life, twice as often as the watchdog wants one, as long as `isAlive`. */
  watch(isAlive: () => boolean): void {
    const intervalMs = watchdogIntervalMs(this.#options.env, Deno.pid);
    if (this.#sink === undefined || intervalMs === undefined) return;
    this.#watching ??= this.#feed(intervalMs, isAlive);
  }

  async #feed(intervalMs: number, isAlive: () => boolean): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      if (isAlive()) this.#send("WATCHDOG=1");
      await pause(intervalMs, signal, this.#options.clock);
    }
  }

  #send(...lines: readonly string[]): void {
    this.#sink?.send(lines.join("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watching;
    this.#sink?.[Symbol.dispose]();
  }
}

/**
 * Half of what the watchdog waits for a sign of life, as sd_watchdog_enabled(3) recommends;
 * undefined when it does not wait for this process.
 */
export function watchdogIntervalMs(
  env: Readonly<Record<string, string>>,
  ownPid: number,
): number | undefined {
  const { WATCHDOG_USEC: usec = "", WATCHDOG_PID: wanted } = env;
  if (wanted !== undefined && wanted !== "" && Number(wanted) !== ownPid) return undefined;
  return /^[1-9]\d*$/.test(usec) ? Number(usec) / 2_000 : undefined;
}

function lineOf(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}
