import type { NbDbDriver } from "../drivers/contract/db.ts";
import {
  publisherBindAddress,
  publisherPort,
  publisherTransport,
} from "../drivers/contract/options.ts";
import { advertisedUri, portOf } from "./advertised_uri.ts";
import { localIp } from "./config/options/host.ts";
import {
  publisherRateLimitCount,
  publisherRateLimitTimeout,
  publisherTimeout,
} from "./config/options/publishers.ts";
import { PublisherRegistration } from "./publisher_registration.ts";
import { ownPublisherId, type PublisherServiceOptions } from "./publisher_service_options.ts";
import { RateLimiter } from "./rate_limiter.ts";

/** Where the rows are, and the address that subscribers connect to, if they do. */
export interface RegistrationPlace {
  readonly db: NbDbDriver;
  readonly boundAddress: string | undefined;
}

/** The registration of a service, as the configuration wants it. */
export function registrationFor(
  options: PublisherServiceOptions,
  { db, boundAddress }: RegistrationPlace,
): PublisherRegistration {
  const { settings, clock, log } = options;
  const windowMs = settings.get(publisherRateLimitTimeout) * 1000;
  return new PublisherRegistration(db, {
    id: ownPublisherId(options),
    uri: uriFor(options, boundAddress),
    timeoutMs: settings.get(publisherTimeout) * 1000,
    limiter: new RateLimiter(settings.get(publisherRateLimitCount), windowMs, clock),
    clock,
    log,
  });
}

// With a broker nobody connects to the service; its row has the address the configuration names,
// as the original's has, and where that leaves the port open, the port that is the default.
function uriFor(
  { settings, log }: PublisherServiceOptions,
  boundAddress: string | undefined,
): string {
  const { uri, isLoopback } = advertisedUri({
    transport: settings.get(publisherTransport),
    bindAddress: settings.get(publisherBindAddress),
    port: portOf(boundAddress ?? "") ??
      (settings.get(publisherPort) || Number(publisherPort.default)),
    localIp: settings.get(localIp),
  });
  if (isLoopback && boundAddress !== undefined) {
    log.warn(`Advertising ${uri}, which only this host can reach: set [df] local_ip`);
  }
  return uri;
}
