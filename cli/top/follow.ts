import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { type MonotonicClock, pause } from "../../drivers/contract/waiting.ts";
import { durationText } from "../terminal/quantities.ts";

/** Options of {@linkcode follow}. */
export interface FollowOptions {
  /** Opens the feed, which has about one message per second. */
  readonly open: (signal: AbortSignal) => AsyncIterable<string>;
  /** Handles a message. @throws {Error} if it is not valid */
  readonly take: (data: string) => void;
  /** Called after each message. An error of it ends the following with that error. */
  readonly taken?: () => void;
  /** Called with the problem, about once per second while there is no feed. */
  readonly lost: (outage: string) => void;
  /** Maximum time without a message, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: MonotonicClock;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1_000;

/**
 * Follows a service until the signal aborts, and reopens its feed whenever it ends.
 *
 * @throws {DriverError} `NO_PUBLISHER_SERVICE` if the first attempt fails, or after the timeout
 * without a feed
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { open, take, taken = () => {}, lost, timeoutMs, clock, signal } = options;
  let seenAt: number | undefined;
  do {
    let why: unknown = "the service has ended the connection";
    const messages = async function* () {
      try {
        for await (const data of open(signal)) yield take(data);
      } catch (error) {
        why = error;
      }
    };
    for await (const _ of messages()) {
      seenAt = clock.monotonic();
      taken();
    }
    if (signal.aborted) return;
    const reason = typeof why === "string" ? why : messageOf(why);
    if (seenAt === undefined) throw noService(`Cannot show the service: ${reason}`, why);
    const forMs = clock.monotonic() - seenAt;
    const time = durationText(forMs / 1000);
    if (forMs >= timeoutMs) {
      throw noService(`Cannot show the service: no connection for ${time}: ${reason}`, why);
    }
    lost(`NO CONNECTION for ${time}: ${reason}`);
  } while (await pause(RETRY_MS, signal, clock));
}

function noService(message: string, cause: unknown): DriverError {
  return new DriverError("NO_PUBLISHER_SERVICE", message, { cause });
}
