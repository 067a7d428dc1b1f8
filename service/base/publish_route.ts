import { DriverError } from "../../drivers/contract/errors.ts";
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
 * With `pub_sub_use_multiproc` at `auto` a process publishes through the service if one listens on
 * this host now. Otherwise it publishes to the broker, if `pub_sub_driver` is one.
 */
export async function localDriver(
  { settings, log, drivers, network }: PublishRouteOptions,
): Promise<PubSubDriver | undefined> {
  const wanted = settings.get(pubSubUseMultiproc);
  if (wanted === false) return undefined;
  const local = await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), {
    settings,
    log,
  });
  if (wanted === true || await isServiceListening(local)) return local;
  return isBroker(await network()) ? undefined : local;
}

/** Whether a service listens on this host, even one that this process may not connect to. */
async function isServiceListening(local: PubSubDriver): Promise<boolean> {
  try {
    await local.checkAccess?.();
    return local.checkAccess !== undefined;
  } catch (error) {
    return error instanceof DriverError && error.code === "PERMISSION_DENIED";
  }
}

/** Whether publishers and subscribers of different hosts connect to a broker. */
function isBroker({ traits }: PubSubDriver): boolean {
  return traits.reach === "network" && !traits.listensToAddresses;
}
