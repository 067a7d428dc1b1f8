import type { Logger } from "../drivers/contract/logger.ts";
import type { Settings } from "../drivers/contract/option.ts";
import type { Clock } from "./clock.ts";
import { host } from "./config/options/host.ts";
import type { DriverLoader } from "./driver_loader.ts";
import { publisherId } from "./publisher_id.ts";

/** What a {@linkcode PublisherService} works with. */
export interface PublisherServiceOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where the drivers it names come from. */
  readonly drivers: DriverLoader;
  /** This host's fully qualified name; the option `host` comes before it. */
  readonly hostName: string;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** The same, with who the service is. */
export interface IdentifiedOptions extends PublisherServiceOptions {
  /** The key of its row in the publishers table. */
  readonly ownId: string;
}

/** Adds the id that goes with the host's name. */
export async function identified<Options extends PublisherServiceOptions>(
  options: Options,
): Promise<Options & IdentifiedOptions> {
  const ownId = await publisherId(options.settings.get(host) || options.hostName);
  return { ...options, ownId };
}
