import type { NbDbDriver } from "../drivers/contract/db.ts";
import type { Settings } from "../drivers/contract/option.ts";
import {
  publisherBindAddress,
  publisherPort,
  publisherTransport,
} from "../drivers/contract/options.ts";
import { type AdvertisedUri, advertisedUri, portOf } from "./advertised_uri.ts";
import { localIp } from "./config/options/host.ts";
import {
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  publisherRowOnStop,
  publisherTimeout,
} from "./config/options/publishers.ts";
import { PublisherRegistration } from "./publisher_registration.ts";
import type { IdentifiedOptions, PublisherServiceOptions } from "./publisher_service_options.ts";
import { RateLimiter } from "./rate_limiter.ts";

/** Where the rows are, and the address that subscribers connect to, if they do. */
export interface RegistrationPlace {
  readonly db: NbDbDriver;
  readonly boundAddress: string | undefined;
}

/** The registration of a service, as the configuration wants it. */
export function registrationFor(
  options: IdentifiedOptions,
  { db, boundAddress }: RegistrationPlace,
): PublisherRegistration {
  const { settings, clock, log, ownId, hostIds } = options;
  return new PublisherRegistration(db, {
    id: ownId,
    hostIds,
    ...addressFor(options, boundAddress),
    keepsRow: keepsRow(options),
    get timeoutMs() {
      return settings.get(publisherTimeout) * 1000;
    },
    limiter: refreshLimiter(options),
    clock,
    log,
  });
}

/** Bounds refreshes as the settings want it now; a new bound counts from nothing. */
function refreshLimiter(
  { settings, clock }: Pick<PublisherServiceOptions, "settings" | "clock">,
): Pick<RateLimiter, "tryAcquire" | "giveBack"> {
  const bounds = () => ({
    count: settings.get(publisherRateLimitCount),
    windowMs: settings.get(publisherRateLimitTimeout) * 1000,
  });
  let used = bounds();
  let limiter = new RateLimiter(used.count, used.windowMs, clock);
  const tryAcquire = () => {
    const wanted = bounds();
    if (wanted.count !== used.count || wanted.windowMs !== used.windowMs) {
      used = wanted;
      limiter = new RateLimiter(used.count, used.windowMs, clock);
    }
    return limiter.tryAcquire();
  };
  return { tryAcquire, giveBack: () => limiter.giveBack() };
}

/**
 * The address that other nodes reach a bound address of this service at: the host they are told of and
 * the port that is really bound. An address without a port is one for everybody as it is.
 */
export function advertisedAddress(settings: Settings, boundAddress: string): string {
  const port = portOf(boundAddress);
  return port === undefined ? boundAddress : advertisedPort(settings, port).uri;
}

function advertisedPort(settings: Settings, port: number): AdvertisedUri {
  return advertisedUri({
    transport: settings.get(publisherTransport),
    bindAddress: settings.get(publisherBindAddress),
    port,
    localIp: settings.get(localIp),
  });
}

/**
 * What the service will announce, as far as that is known before it is bound; undefined where the
 * system chooses the port.
 */
export function expectedUri(settings: Settings): AdvertisedUri | undefined {
  const port = settings.get(publisherPort);
  return port === 0 ? undefined : advertisedPort(settings, port);
}

// With a broker nobody connects to the service; its row has the address the configuration names,
// as the original's has, and where that leaves the port open, the port that is the default.
function addressFor(
  { settings, log }: PublisherServiceOptions,
  boundAddress: string | undefined,
): AdvertisedUri {
  const port = portOf(boundAddress ?? "") ??
    (settings.get(publisherPort) || Number(publisherPort.default));
  const address = advertisedPort(settings, port);
  if (address.isLoopback && boundAddress !== undefined) {
    log.warn(`Advertising ${address.uri}, which only this host can reach: set [df] local_ip`);
  }
  return address;
}

function keepsRow({ settings, isManaged = false }: PublisherServiceOptions): boolean {
  const wanted = settings.get(publisherRowOnStop);
  return wanted === "auto" ? isManaged : wanted === "keep";
}
