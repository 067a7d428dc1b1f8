import { kindOf } from "../../drivers/contract/argument.ts";
import { DriverError } from "../../drivers/contract/errors.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import { pagesUrl } from "../config/pages_address.ts";
import { waitApplied } from "../fleet/applied_wait.ts";
import type { PageAccess } from "../fleet/page_access.ts";
import { placeOf, type ServicePlace } from "../fleet/service_place.ts";
import type { AppliedReport } from "../protocol/applied_report.ts";
import { appliedTarget, parseAppliedQuery } from "../protocol/applied_target.ts";
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
  { settings, access, ...options }: NodesAppliedOptions & {
    readonly settings: Settings;
    readonly access: PageAccess;
  },
): Promise<AppliedReport> {
  refuseInvalid(position, options);
  const place = "position" in position
    ? localService(settings, access)
    : publisherOf(position.publisher, subscriber, access);
  const { topic } = position;
  return await waitApplied(place, { ...options, topic, position, deadline: Infinity });
}

/** Refuses an invalid request, which is a fault of the caller. @throws {RangeError | TypeError} */
function refuseInvalid(
  position: Position,
  { nodes, ignoreOlderThanMs = 0 }: NodesAppliedOptions,
): void {
  if (kindOf(position) !== "Object") {
    const wanted = "the origin of an event, or { topic, position }";
    throw new TypeError(`NbApi.applied "position": ${kindOf(position)}, wanted ${wanted}`);
  }
  const { topic } = position;
  const times = { waitMs: 0, waitedMs: 0, ignoreOlderThanMs };
  // Code without types may pass anything.
  const wanted: NodesAppliedOptions["nodes"] = nodes === "all" ? nodes : Object(nodes);
  const target = appliedTarget({ topic, position, nodes: wanted, ...times });
  const query = parseAppliedQuery(target.slice(target.indexOf("?")));
  if (typeof query === "string") throw new RangeError(`NbApi.applied: ${query}`);
}

/** Finds the service that published the position. */
function publisherOf(
  id: string,
  subscriber: Pick<NetworkSubscriber, "announcementOf" | "publisherUris"> | undefined,
  access: PageAccess,
): ServicePlace {
  const uris = subscriber?.publisherUris ?? [];
  for (const uri of uris) {
    const announcement = subscriber?.announcementOf(uri);
    const place = announcement?.id === id ? placeOf(announcement, uri, access) : undefined;
    if (place !== undefined) return place;
  }
  const reason = uris.length === 0
    ? "no publisher is followed: on a broker, wanted the topic and the position of the event"
    : "it is not connected, or its health pages are off";
  throw new DriverError("NO_PUBLISHER_SERVICE", `Cannot ask publisher "${id}": ${reason}`);
}

/** On a broker every service knows every node: that of this host is asked. */
function localService(settings: Settings, access: PageAccess): ServicePlace {
  const pages = pagesUrl(settings);
  if (pages !== undefined) return { pages, ...access };
  throw new DriverError(
    "NO_PUBLISHER_SERVICE",
    "Cannot ask the publisher service: set [df] http_address",
  );
}
