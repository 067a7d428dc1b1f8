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

/** Where the rows are, and the address that subscribers connect to, if they do. */
export interface RegistrationPlace {
  readonly db: NbDbDriver;
  readonly boundAddress: string | undefined;
  /** Called when the row cannot be written any more, and when it can again. */
  readonly onChange?: () => void;
}

/** The registration of a service, as the configuration wants it. */
export function registrationFor(
  options: IdentifiedOptions,
  { db, boundAddress, onChange }: RegistrationPlace,
): PublisherRegistration {
  const { settings, clock, log, ownId, hostIds } = options;
  return new PublisherRegistration(db, {
    id: ownId,
    hostIds,
    ...announcedFor(settings, boundAddress),
    keepsRow: keepsRow(options),
    get timeoutMs() {
      return settings.get(publisherTimeout) * 1000;
    },
    limiter: refreshLimiter(options),
    ...(onChange && { onChange }),
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

/** What the row of a service says. */
export function announcedFor(settings: Settings, boundAddress: string | undefined): AdvertisedUri {
  // With a broker nobody connects to the service; its row has the address the configuration names,
  // as the original's has, and where that leaves the port open, the port that is the default.
  const port = portOf(boundAddress ?? "") ??
    (settings.get(publisherPort) || Number(publisherPort.default));
  return advertised(settings, { boundAddress, port });
}

function advertised(
  settings: Settings,
  bound: Pick<BoundAddress, "boundAddress" | "port">,
): AdvertisedUri {
  return advertisedUri({
    ...bound,
    transport: settings.get(publisherTransport),
    bindAddress: settings.get(publisherBindAddress),
    managementIp: settings.get(managementIp),
  });
}

/**
 * What the service will announce, as far as that is known before it is bound; undefined where the
 * system chooses the port.
 */
export function expectedUri(settings: Settings): AdvertisedUri | undefined {
  const port = settings.get(publisherPort);
  return port === 0 ? undefined : advertised(settings, { port });
}

function keepsRow({ settings, isManaged = false }: PublisherServiceOptions): boolean {
  const wanted = settings.get(publisherRowOnStop);
  return wanted === "auto" ? isManaged : wanted === "keep";
}

/** Judges that; undefined for a service that subscribers meet at a broker or inside a process. */
export function announcedAddressFor(
  { settings, clock, log, addresses }: PublisherServiceOptions,
  { db, boundAddress }: RegistrationPlace,
): AnnouncedAddress | undefined {
  if (boundAddress === undefined || hostOf(boundAddress) === undefined) return undefined;
  const announced = announcedFor(settings, boundAddress);
  const unused = settings.get(managementIp);
  if (announced.option !== "management_ip" && unused !== settings.get(localIp)) {
    const why = `${announced.uri} is announced, because of [df] publisher_bind_address`;
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
