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

/** The key of the service's row in the publishers table. */
export function ownPublisherId({ settings, hostName }: PublisherServiceOptions): string {
  return publisherId(settings.get(host) || hostName);
}
