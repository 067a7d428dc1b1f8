import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import {
  publisherBindAddress,
  publisherPort,
  publisherTransport,
} from "../../drivers/contract/options.ts";
import {
  type AdvertisedUri,
  advertisedUri,
  type BoundAddress,
  hostOf,
  portOf,
} from "../publishers/advertised_uri.ts";
import { AnnouncedAddress } from "../publishers/announced_address.ts";
import { localIp, managementIp } from "../config/options/host.ts";
import {
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  publisherRowOnStop,
  publisherTimeout,
} from "../config/options/publishers.ts";
import { PublisherRegistration } from "../publishers/publisher_registration.ts";
import type { IdentifiedOptions, PublisherServiceOptions } from "./publisher_service_options.ts";
import { RateLimiter } from "../base/rate_limiter.ts";

/** The database of the rows, and the address to which subscribers connect, if they do. */
export interface RegistrationPlace {
  readonly db: NbDbDriver;
  readonly boundAddress: string | undefined;
  /** Another address to which it is bound, for subscribers with TLS. */
  readonly secureAddress?: string | undefined;
}

/** The configured registration of a service. */
export function registrationFor(
  options: IdentifiedOptions,
  { db, boundAddress, secureAddress }: RegistrationPlace,
): PublisherRegistration {
  const { settings, clock, log, ownId, hostIds } = options;
  return new PublisherRegistration(db, {
    id: ownId,
    hostIds,
    ...announcedFor(settings, boundAddress),
    secureUri: secureAddress && secureUriFor(settings, secureAddress),
    keepsRow: keepsRow(options),
    get timeoutMs() {
      return settings.get(publisherTimeout) * 1000;
    },
    limiter: refreshLimiter(options),
    clock,
    log,
  });
}

/** The rate limiter of refreshes, which follows the current settings. */
function refreshLimiter(
  { settings, clock }: Pick<PublisherServiceOptions, "settings" | "clock">,
): RateLimiter {
  const limit = {
    get count() {
      return settings.get(publisherRateLimitCount);
    },
    get windowMs() {
      return settings.get(publisherRateLimitTimeout) * 1000;
    },
  };
  return new RateLimiter(limit, clock);
}

/** The announced address of a service. */
function announcedFor(settings: Settings, boundAddress: string | undefined): AdvertisedUri {
  // With a broker nobody connects to the service. Like that of the original, its row has the
  // configured address, with the default port if the configuration leaves the port open.
  const port = portOf(boundAddress ?? "") ??
    (settings.get(publisherPort) || Number(publisherPort.default));
  const isSecure = boundAddress?.startsWith("tls:") === true;
  return advertised(settings, { boundAddress, port, ...(isSecure && { transport: "tls" }) });
}

/** The announced address for subscribers with TLS, if the publisher has another one as well. */
function secureUriFor(settings: Settings, boundAddress: string): string {
  const [bindAddress = "", port = 0] = [hostOf(boundAddress), portOf(boundAddress)];
  return advertised(settings, { transport: "tls", bindAddress, boundAddress, port }).uri;
}

function advertised(
  settings: Settings,
  bound: Partial<BoundAddress> & Pick<BoundAddress, "port">,
): AdvertisedUri {
  return advertisedUri({
    transport: settings.get(publisherTransport),
    bindAddress: settings.get(publisherBindAddress),
    managementIp: settings.get(managementIp),
    ...bound,
  });
}

/**
 * The address that the service will announce, as far as it is known before binding; undefined if
 * the system chooses the port.
 */
export function expectedUri(settings: Settings): AdvertisedUri | undefined {
  const port = settings.get(publisherPort);
  return port === 0 ? undefined : advertised(settings, { port });
}

function keepsRow({ settings, isManaged = false }: PublisherServiceOptions): boolean {
  const wanted = settings.get(publisherRowOnStop);
  return wanted === "auto" ? isManaged : wanted === "keep";
}

/** Checks the announced address; undefined if subscribers do not connect to the service. */
export function announcedAddressFor(
  { settings, clock, log, addresses }: PublisherServiceOptions,
  { db, boundAddress }: RegistrationPlace,
): AnnouncedAddress | undefined {
  if (boundAddress === undefined || hostOf(boundAddress) === undefined) return undefined;
  const announced = announcedFor(settings, boundAddress);
  const unused = settings.get(managementIp);
  if (announced.option !== "management_ip" && unused !== settings.get(localIp)) {
    const why = `the service announces ${announced.uri} because of [df] publisher_bind_address`;
    log.warn(`[df] management_ip "${unused}" has no effect: ${why}`);
  }
  return new AnnouncedAddress({
    announced,
    boundAddress,
    isSeenByOthers: (db.reach ?? "network") === "network",
    addresses,
    clock,
    log,
  });
}
