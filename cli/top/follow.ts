import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { type MonotonicClock, pause } from "../../drivers/contract/waiting.ts";
import { durationText } from "../terminal/quantities.ts";

/** How a service is followed. */
export interface FollowOptions {
  /** Opens its feed, whose messages come about once per second. */
  readonly open: (signal: AbortSignal) => AsyncIterable<string>;
  /** Takes a message. @throws {Error} for what is not one */
  readonly take: (data: string) => void;
  /** Is told what is wrong, about once per second while there is no feed. */
  readonly lost: (outage: string) => void;
  /** Maximum time without a message, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: MonotonicClock;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1_000;

/**
 * Follows a service until the signal aborts, and opens its feed again whenever it ends.
 *
 * @throws {DriverError} `NO_PUBLISHER_SERVICE` when there is no feed at the first attempt, or later
 * for as long as the timeout
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { open, take, lost, timeoutMs, clock, signal } = options;
  let seenAt: number | undefined;
  do {
    let why: unknown = "the service has ended the connection";
    try {
      for await (const data of open(signal)) {
        take(data);
        seenAt = clock.monotonic();
      }
    } catch (error) {
      why = error;
    }
    if (signal.aborted) return;
    const reason = typeof why === "string" ? why : messageOf(why);
    if (seenAt === undefined) throw noService(`Cannot show the service: ${reason}`, why);
    const forMs = clock.monotonic() - seenAt;
    const time = durationText(forMs / 1000);
    if (forMs >= timeoutMs) throw noService(`Cannot show the service: for ${time} ${reason}`, why);
    lost(`NO CONNECTION for ${time}: ${reason}`);
  } while (await pause(RETRY_MS, signal, clock));
}

function noService(message: string, cause: unknown): DriverError {
  return new DriverError("NO_PUBLISHER_SERVICE", message, { cause });
}
