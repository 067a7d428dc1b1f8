import type { Clock } from "../base/clock.ts";
import { WireError } from "../event/codec/wire_error.ts";
import {
  type AcceptanceRequest,
  decodeAcceptanceRequest,
  encodeAcceptanceAnswer,
} from "../protocol/acceptance_protocol.ts";
import type { AcceptedCounts } from "./accepted_counts.ts";

/** What {@linkcode acceptanceHandler} answers from. */
export interface AcceptanceHandlerOptions {
  readonly counts: AcceptedCounts;
  /** The start of this service, in microseconds since 1970. */
  readonly service: number;
  readonly clock: Pick<Clock, "sleep">;
}

/**
 * Answers workers that ask what became of their events: at once, or when there are as many as they
 * wait for. What is no such request is left without an answer.
 */
export function acceptanceHandler(
  { counts, service, clock }: AcceptanceHandlerOptions,
): (request: Uint8Array) => Promise<Uint8Array | undefined> {
  return async (octets) => {
    const request = requestIn(octets);
    if (request === undefined) return undefined;
    await enough(counts, request, clock);
    return encodeAcceptanceAnswer({ service, ...counts.of(request.publisher) });
  };
}

function requestIn(octets: Uint8Array): AcceptanceRequest | undefined {
  try {
    return decodeAcceptanceRequest(octets);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Resolves when the count is reached or the time is over. */
async function enough(
  counts: AcceptedCounts,
  { publisher, wanted, waitMs }: AcceptanceRequest,
  clock: Pick<Clock, "sleep">,
): Promise<void> {
  const { accepted, refused } = counts.of(publisher);
  if (accepted + refused >= wanted || waitMs === 0) return;
  using wait = counts.waitFor(publisher, wanted);
  const over = new AbortController();
  const time = clock.sleep(waitMs, over.signal).catch(() => {});
  await Promise.race([wait.reached, time]);
  over.abort();
}
