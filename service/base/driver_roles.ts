import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { ConfigError } from "../config/config_error.ts";

/**
 * Refuses a driver for `pub_sub_driver` that delivers an event to one subscriber only. With such a
 * driver the service would send every event to itself, in a loop.
 *
 * @throws {ConfigError}
 */
export function requireNetworkDriver({ name, traits }: PubSubDriver): void {
  if (traits.fanOut === "all") return;
  const is =
    "it delivers an event to one subscriber only, wanted a driver that reaches every subscriber";
  throw new ConfigError([`[df] pub_sub_driver "${name}": ${is}`]);
}

/**
 * Refuses a driver for `pub_sub_multiproc_driver` that is meant for several hosts.
 *
 * @throws {ConfigError}
 */
export function requireLocalDriver({ name, traits }: PubSubDriver): void {
  if (traits.reach !== "network") return;
  const is = "it is a driver between hosts, wanted one between the processes of a host";
  throw new ConfigError([`[df] pub_sub_multiproc_driver "${name}": ${is}`]);
}
