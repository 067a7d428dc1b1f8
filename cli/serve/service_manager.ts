import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import { pause } from "../../drivers/contract/waiting.ts";
import { connectServiceManager } from "../../drivers/host.ts";
import type { Clock } from "../../service/base/clock.ts";

const STATUS_INTERVAL_MS = 1_000;

/** The destination of states; the socket of {@linkcode connectServiceManager} is one. */
export interface StateSink extends Disposable {
  send(text: string): boolean;
  /** The kernel's monotonic clock, in microseconds. */
  monotonicMicros(): bigint;
}

/** Options of a {@linkcode ServiceManager}. */
export interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Logger;
}

/**
 * Notifies the service manager that started this process, as described in systemd's sd_notify(3):
 * readiness, stop, a status line, and the heartbeats of its watchdog.
 *
 * Without a service manager every method does nothing.
 */
export class ServiceManager implements AsyncDisposable {
  readonly #sink: StateSink | undefined;
  readonly #options: ServiceManagerOptions;
  readonly #ended = new AbortController();
  #watching: Promise<void> | undefined;
  #reporting: Promise<void> | undefined;
  /** The argument of {@linkcode ready}; undefined while the service reloads or stops. */
  #status: (() => string) | undefined;
  #shown = "";

  /** Connects to the manager in the variable `NOTIFY_SOCKET`; a wrong one causes a warning. */
  static async connect(options: ServiceManagerOptions): Promise<ServiceManager> {
    const address = options.env["NOTIFY_SOCKET"];
    if (!address) return new ServiceManager(undefined, options);
    try {
      return new ServiceManager(await connectServiceManager(address), options);
    } catch (error) {
      options.log.warn(`Cannot notify the service manager: ${messageOf(error)}`);
      return new ServiceManager(undefined, options);
    }
  }

  /** @param sink is disposed together with this */
  constructor(sink: StateSink | undefined, options: ServiceManagerOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Reports the end of the start, and from then on each change of the status within a second. */
  ready(status: () => string): void {
    this.#status = status;
    this.#shown = lineOf(status());
    this.#send("READY=1", `STATUS=${this.#shown}`);
    if (this.#sink !== undefined) this.#reporting ??= this.#reportChanges();
  }

  async #reportChanges(): Promise<void> {
    while (await pause(STATUS_INTERVAL_MS, this.#ended.signal, this.#options.clock)) {
      const text = lineOf(this.#status?.() ?? this.#shown);
      if (text !== this.#shown) this.#send(`STATUS=${text}`);
      this.#shown = text;
    }
  }

  /** Reports the start of a reload; {@linkcode ready} reports its end. */
  reloading(): void {
    this.#status = undefined;
    const micros = this.#sink?.monotonicMicros();
    this.#send("RELOADING=1", `MONOTONIC_USEC=${micros}`, "STATUS=Reloading the configuration");
  }

  /** Reports the start of the stop. */
  stopping(): void {
    this.#status = undefined;
    this.#send("STOPPING=1", "STATUS=Stopping: sending accepted events");
  }

  /** Sends heartbeats, twice as often as the watchdog requires, as long as `isAlive`. */
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
    await this.#reporting;
    this.#sink?.[Symbol.dispose]();
  }
}

/**
 * Half of the watchdog's timeout, as sd_watchdog_enabled(3) recommends; undefined if it does not
 * watch this process.
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
