import { sleep } from "../../drivers/contract/waiting.ts";

/** Time as the service needs it. It is injected, so that tests never wait. */
export interface Clock {
  /** Wall-clock milliseconds since 1970, for times that are written down. May jump. */
  now(): number;
  /** Wall-clock microseconds since 1970, for times that travel between hosts. May jump. */
  micros(): number;
  /** Milliseconds that never go back: for durations and limits. */
  monotonic(): number;
  /** Resolves after `ms`, but at most 24 days, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `Date.now` counts whole milliseconds. If it differs by more than this, the clock was set. */
const MAX_DRIFT_MS = 2;

let fineOrigin = performance.timeOrigin;

function systemMicros(): number {
  const wall = Date.now();
  const fine = fineOrigin + performance.now();
  if (Math.abs(fine - wall) <= MAX_DRIFT_MS) return Math.round(fine * 1000);
  fineOrigin += wall - fine;
  return wall * 1000;
}

/** The clocks of this host. */
export const systemClock: Clock = {
  now: () => Date.now(),
  micros: systemMicros,
  monotonic: () => performance.now(),
  sleep,
};
