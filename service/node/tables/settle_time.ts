import type { Settings } from "../../../drivers/contract/option.ts";
import { pubSubHelloInterval } from "../../config/options/positions.ts";
import { pubSubSendTimeout } from "../../config/options/pub_sub.ts";

/** What an event, or the hello that shows that it is missing, may take from one node to another. */
const ON_ITS_WAY_MS = 1_000;

/**
 * The most milliseconds from the write of a row to the arrival of its event, or to the notice that it
 * is missing: a writer has `pub_sub_send_timeout` to send it, and after `pub_sub_hello_interval`
 * everyone knows that it did.
 */
export function settleTime(settings: Settings): number {
  const seconds = settings.get(pubSubSendTimeout) + settings.get(pubSubHelloInterval);
  return seconds * 1000 + ON_ITS_WAY_MS;
}
