import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { HostAddresses } from "../publishers/announced_address.ts";
import type { Clock } from "../base/clock.ts";
import { host } from "../config/options/host.ts";
import { publisherIdName } from "../config/options/publishers.ts";
import type { DriverLoader } from "../base/driver_loader.ts";
import { publisherId } from "../publishers/publisher_id.ts";

/** Options of a {@linkcode PublisherService}. */
export interface PublisherServiceOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Loads the configured drivers. */
  readonly drivers: DriverLoader;
  /** This host's fully qualified name. */
  readonly hostName: string;
  /** Whether a service manager such as systemd runs it, and may start it again. @default false */
  readonly isManaged?: boolean;
  /** Address of the service's health pages, as `http://127.0.0.1:8868`. @default none */
  readonly pages?: string | undefined;
  /** Looks up addresses. @default none: an announced address is checked only by its form */
  readonly addresses?: HostAddresses;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** The options with the identity of the service. */
export interface IdentifiedOptions extends PublisherServiceOptions {
  /** The key of its row in the publishers table. */
  readonly ownId: string;
  /** All ids that a publisher of this host may have, including {@linkcode ownId}. */
  readonly hostIds: ReadonlySet<string>;
}

/** Prefix of the host's name in the original from release 4.0.0. */
const PROCESS_PREFIX = "MainProcess.";

/**
 * Adds the id that is derived from the host's name, or from `publisher_id_name`.
 *
 * The option `host` of Neutron's files does not change it, but a row written under it is
 * recognized.
 */
export async function identified<Options extends PublisherServiceOptions>(
  options: Options,
): Promise<Options & IdentifiedOptions> {
  const { settings, hostName } = options;
  const ownId = await publisherId(settings.get(publisherIdName) || hostName);
  const names = [hostName, settings.get(host)].filter((name) => name !== "");
  const formerNames = names.flatMap((name) => [name, PROCESS_PREFIX + name]);
  const hostIds = new Set([ownId, ...await Promise.all(formerNames.map(publisherId))]);
  return { ...options, ownId, hostIds };
}
