import type { Logger } from "../../drivers/contract/logger.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { HostAddresses } from "../publishers/announced_address.ts";
import type { Clock } from "../base/clock.ts";
import { host } from "../config/options/host.ts";
import { publisherIdName } from "../config/options/publishers.ts";
import type { DriverLoader } from "../base/driver_loader.ts";
import { publisherId } from "../publishers/publisher_id.ts";

/** What a {@linkcode PublisherService} works with. */
export interface PublisherServiceOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** Where the drivers it names come from. */
  readonly drivers: DriverLoader;
  /** This host's fully qualified name. */
  readonly hostName: string;
  /** Whether a service manager such as systemd runs it, and may start it again. @default false */
  readonly isManaged?: boolean;
  /** Where the health pages of the service are, as `http://127.0.0.1:8868`. @default nowhere */
  readonly pages?: string | undefined;
  /** What the system knows of addresses. @default nothing: an announced address is judged by itself */
  readonly addresses?: HostAddresses;
  /** The time. */
  readonly clock: Clock;
  /** Where to report to. */
  readonly log: Logger;
}

/** The same, with who the service is. */
export interface IdentifiedOptions extends PublisherServiceOptions {
  /** The key of its row in the publishers table. */
  readonly ownId: string;
  /** Every id that a publisher of this host may have, {@linkcode ownId} included. */
  readonly hostIds: ReadonlySet<string>;
  /** Whether its row was in the table when it started: left by a run that did not remove it. */
  readonly wasRegistered: boolean;
}

/** What the original puts before a host's name from its release 4.0.0 on. */
const PROCESS_PREFIX = "MainProcess.";

/**
 * Adds the id that goes with the host's name, or with `publisher_id_name`.
 *
 * The option `host` of Neutron's files does not change it; a row that was written under it is known.
 */
export async function identified<Options extends PublisherServiceOptions>(
  options: Options,
): Promise<Options & IdentifiedOptions> {
  const { settings, hostName } = options;
  const ownId = await publisherId(settings.get(publisherIdName) || hostName);
  const names = [hostName, settings.get(host)].filter((name) => name !== "");
  const formerNames = names.flatMap((name) => [name, PROCESS_PREFIX + name]);
  const hostIds = new Set([ownId, ...await Promise.all(formerNames.map(publisherId))]);
  return { ...options, ownId, hostIds, wasRegistered: false };
}
