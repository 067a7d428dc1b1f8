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

/** The registration of the service that is bound to `address`, as the configuration wants it. */
export function registrationFor(
  options: PublisherServiceOptions,
  db: NbDbDriver,
  address: string,
): PublisherRegistration {
  const { settings, clock, log } = options;
  const windowMs = settings.get(publisherRateLimitTimeout) * 1000;
  return new PublisherRegistration(db, {
    id: ownPublisherId(options),
    uri: uriFor(options, address),
    timeoutMs: settings.get(publisherTimeout) * 1000,
    limiter: new RateLimiter(settings.get(publisherRateLimitCount), windowMs, clock),
    clock,
    log,
  });
}

function uriFor({ settings, log }: PublisherServiceOptions, address: string): string {
  const { uri, isLoopback } = advertisedUri({
    transport: settings.get(publisherTransport),
    bindAddress: settings.get(publisherBindAddress),
    port: portOf(address) ?? settings.get(publisherPort),
    localIp: settings.get(localIp),
  });
  if (isLoopback) log.warn(`Advertising ${uri}, which only this host can reach: set [df] local_ip`);
  return uri;
}
