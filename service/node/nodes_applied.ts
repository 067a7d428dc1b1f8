import { DriverError } from "../../drivers/contract/errors.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { httpAddress } from "../config/options/observability.ts";
import { waitApplied } from "../fleet/applied_wait.ts";
import { placeOf, type ServicePlace } from "../fleet/service_place.ts";
import type { AppliedReport } from "../protocol/applied_report.ts";
import type { Position } from "../protocol/position_log.ts";
import type { NetworkSubscriber } from "../receive/network_subscriber.ts";

/** How many nodes must have applied an event, and how long to wait for them. */
export interface NodesAppliedOptions {
  /** `"all"`, `{ count: 3 }` or `{ percent: 90 }`. */
  readonly nodes: "all" | { readonly count: number } | { readonly percent: number };
  /** A node that has been away for longer than this does not count. @default 60,000 */
  readonly ignoreOlderThanMs?: number;
  /** Aborts the wait. */
  readonly signal?: AbortSignal;
}

/** Resolves when enough nodes have applied all events up to a position. */
export async function nodesApplied(
  position: Position,
  subscriber: Pick<NetworkSubscriber, "announcementOf" | "publisherUris"> | undefined,
  { settings, token, ...options }: NodesAppliedOptions & {
    readonly settings: Settings;
    readonly token: string | undefined;
  },
): Promise<AppliedReport> {
  const place = "position" in position
    ? localService(settings, token)
    : publisherOf(position.publisher, subscriber, token);
  const { topic } = position;
  return await waitApplied(place, { ...options, topic, position, deadline: Infinity });
}

/** Finds the service that published the position. */
function publisherOf(
  id: string,
  subscriber: Pick<NetworkSubscriber, "announcementOf" | "publisherUris"> | undefined,
  token: string | undefined,
): ServicePlace {
  for (const uri of subscriber?.publisherUris ?? []) {
    const announcement = subscriber?.announcementOf(uri);
    const place = announcement?.id === id ? placeOf(announcement, uri, token) : undefined;
    if (place !== undefined) return place;
  }
  const message = `Cannot ask publisher "${id}": it is not connected, or its health pages are off`;
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

/** On a broker every service knows every node: that of this host is asked. */
function localService(settings: Settings, token: string | undefined): ServicePlace {
  const url = `http://${settings.get(httpAddress).replace(/^(\*|0\.0\.0\.0):/, "127.0.0.1:")}`;
  if (URL.canParse(url)) return { pages: new URL(url), token };
  throw new DriverError(
    "NO_PUBLISHER_SERVICE",
    "Cannot ask the publisher service: set [df] http_address",
  );
}
