import type { DriverContext, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubMultiprocDriver, pubSubUseMultiproc } from "../config/options/pub_sub.ts";
import type { DriverLoader } from "./driver_loader.ts";

/** Options of {@linkcode localDriver}. */
export interface PublishRouteOptions extends DriverContext {
  readonly drivers: Pick<DriverLoader, "loadPubSubDriver">;
  /** Loads the driver between hosts; called only if the route depends on it. */
  readonly network: () => Promise<PubSubDriver>;
}

/**
 * The driver through which a process publishes to the service of its host; undefined when the process
 * publishes to the network or to a broker directly.
 *
 * With `pub_sub_use_multiproc` at `auto` a process publishes to the broker if `pub_sub_driver` is
 * one, as the original's processes do, and otherwise through the service.
 */
export async function localDriver(
  { settings, log, drivers, network }: PublishRouteOptions,
): Promise<PubSubDriver | undefined> {
  const wanted = settings.get(pubSubUseMultiproc);
  if (wanted === false || wanted === "auto" && isBroker(await network())) return undefined;
  return await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), { settings, log });
}

/** Whether publishers and subscribers of different hosts connect to a broker. */
function isBroker({ traits }: PubSubDriver): boolean {
  return traits.reach === "network" && !traits.listensToAddresses;
}
