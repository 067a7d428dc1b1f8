import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { ConfigError } from "../config/config_error.ts";

/**
 * Refuses a driver for `pub_sub_driver` that hands an event to one subscriber only. Between a
 * service and itself such a driver would send every event round and round.
 *
 * @throws {ConfigError}
 */
export function requireNetworkDriver({ name, traits }: PubSubDriver): void {
  if (traits.fanOut === "all") return;
  const is = "one subscriber gets an event, wanted a driver that reaches every subscriber";
  throw new ConfigError([`[df] pub_sub_driver "${name}": ${is}`]);
}

/**
 * Refuses a driver for `pub_sub_multiproc_driver` that is made to reach other hosts.
 *
 * @throws {ConfigError}
 */
export function requireLocalDriver({ name, traits }: PubSubDriver): void {
  if (traits.reach !== "network") return;
  const is = "reaches other hosts, wanted a driver between the processes of this one";
  throw new ConfigError([`[df] pub_sub_multiproc_driver "${name}": ${is}`]);
}
