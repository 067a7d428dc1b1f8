import { invalidOption } from "../../drivers/contract/invalid_option.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubDriver, pubSubMultiprocDriver } from "../config/options/pub_sub.ts";

/**
 * Refuses a driver for `pub_sub_driver` that delivers an event to one subscriber only. With such a
 * driver the service would send every event to itself, in a loop.
 *
 * @throws {DriverError} `CONFIG_INVALID`
 */
export function requireNetworkDriver(settings: Settings, { name, traits }: PubSubDriver): void {
  if (traits.fanOut === "all") return;
  const is =
    "it delivers an event to one subscriber only, wanted a driver that reaches every subscriber";
  throw invalidOption(settings, pubSubDriver, `"${name}": ${is}`);
}

/**
 * Refuses a driver for `pub_sub_multiproc_driver` that is meant for several hosts.
 *
 * @throws {DriverError} `CONFIG_INVALID`
 */
export function requireLocalDriver(settings: Settings, { name, traits }: PubSubDriver): void {
  if (traits.reach !== "network") return;
  const is = "it is a driver between hosts, wanted one between the processes of a host";
  throw invalidOption(settings, pubSubMultiprocDriver, `"${name}": ${is}`);
}
