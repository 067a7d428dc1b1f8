import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { PublisherFollower } from "../publishers/publisher_follower.ts";
import type { Subscriber } from "./subscriber.ts";

type Readiness = Pick<Subscriber, "ready">;

/** How to wait until publishers are live. */
interface ReadyOptions extends WaitOptions {
  /** Whether to wait also for the configured publishers that the table lacks. @default false */
  readonly withUnlisted?: boolean | undefined;
}

/**
 * Resolves when a subscriber is live at every publisher that is alive according to the table, or at
 * any other publisher if the table has no live one; without a follower, at its broker. Returns the
 * addresses that are certainly live.
 *
 * @throws {DriverError} `SEND_TIMEOUT`
 */
export async function readyAtPublishers(
  subscriber: Readiness,
  follower: Pick<PublisherFollower, "uris" | "aliveUris" | "unlistedUris"> | undefined,
  { withUnlisted = false, ...options }: ReadyOptions,
): Promise<readonly string[]> {
  if (follower === undefined) {
    await subscriber.ready(options);
    return [];
  }
  const { uris, aliveUris, unlistedUris } = follower;
  const addresses = withUnlisted ? [...unlistedUris, ...aliveUris] : aliveUris;
  if (addresses.length === 0 && uris.length > 0) {
    return [await readyAtAny(subscriber, uris, options)];
  }
  await subscriber.ready({ ...options, addresses });
  return addresses;
}

async function readyAtAny(
  subscriber: Readiness,
  uris: readonly string[],
  { timeoutMs, signal }: WaitOptions,
): Promise<string> {
  const done = new AbortController();
  const either = signal === undefined ? done.signal : AbortSignal.any([done.signal, signal]);
  const bounds = { signal: either, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  try {
    return await Promise.any(uris.map(async (uri) => {
      await subscriber.ready({ ...bounds, addresses: [uri] });
      return uri;
    }));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    done.abort();
  }
}
