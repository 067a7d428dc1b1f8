import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { pagesUrl } from "../../service/config/pages_address.ts";
import { placeOf as placeAnnounced, type ServicePlace } from "../../service/fleet/service_place.ts";
import {
  publisherRows,
  type ReadablePublisherRow,
} from "../../service/publishers/publishers_table.ts";
import type { Composition } from "../composition.ts";
import { type PageAccess, readPageAccess } from "../../service/fleet/page_access.ts";
import type { Io } from "../terminal/io.ts";
import { withTable } from "./open_table.ts";
import { pagesUrlOf } from "./service_pages.ts";

/** Maximum time of a handshake. A publisher with a stale row has usually ended. */
const HANDSHAKE_MS = { alive: 3_000, stale: 1_000 };

/** A publisher with the address of its pages, or the reason why it cannot be asked. */
export type FoundService =
  | { readonly place: ServicePlace }
  | { readonly problem: string };

/**
 * The services that the flags name; by default those of the publishers table or, with a broker,
 * that of this host.
 */
export async function findServices(
  composition: Composition,
  urls: readonly string[] | undefined,
  io: Io,
): Promise<readonly FoundService[]> {
  const access = await readPageAccess(composition.config, io);
  if (urls !== undefined) {
    return urls.map((url) => ({ place: { pages: pagesUrlOf(url), ...access } }));
  }
  const { config: settings, log, drivers } = composition;
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), { settings, log });
  // With a broker every service knows every node.
  if (!driver.traits.listensToAddresses) return [{ place: localService(composition, access) }];
  const { place, rows } = await withTable(
    composition,
    async ({ place, table }) => ({ place, rows: publisherRows(await table.list()) }),
  );
  const found = await announced(driver, rows, access);
  if (found.length > 0) return found;
  const message = `No live publisher in ${place} (configuration: ${composition.configSource})`;
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

/** @throws {DriverError} `NO_PUBLISHER_SERVICE` if the configuration has no address of its pages */
export function localService(
  { config }: Pick<Composition, "config">,
  access: PageAccess,
): ServicePlace {
  const pages = pagesUrl(config);
  if (pages !== undefined) return { pages, ...access };
  const message = "Cannot ask the publisher service: its health pages are off, or at an unknown " +
    "port: set [df] http_address, or use --url";
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

/**
 * Connects to publishers as a subscriber without topics, and returns their announcements. Leaves
 * out a stale row whose publisher does not answer, and a second row of a service.
 */
async function announced(
  driver: PubSubDriver,
  rows: readonly ReadablePublisherRow[],
  access: PageAccess,
): Promise<readonly FoundService[]> {
  await using subscriber = await driver.openSubscriber();
  // An alive row comes before a stale one with the same address.
  const staleFirst = rows.toSorted((one, other) => other.state.localeCompare(one.state));
  const byUri = new Map(staleFirst.map((row) => [row.record.uri, row]));
  const found = [...byUri.values()].map(async ({ key: id, record: { uri }, state }) => {
    const unknown = (why: string) => ({
      problem: `Cannot ask publisher "${id}" at ${uri}: ${why}`,
    });
    try {
      subscriber.registerListenAddress(uri);
      await subscriber.ready({ addresses: [uri], timeoutMs: HANDSHAKE_MS[state] });
    } catch (error) {
      return state === "stale" ? [] : unknown(messageOf(error));
    }
    const announcement = subscriber.announcementOf?.(uri);
    const place = announcement && placeAnnounced(announcement, uri, access);
    if (place !== undefined) return { place };
    return unknown("it does not announce health pages: use --url");
  });
  const services = (await Promise.all(found)).flat();
  // An old row may have another address of the same service.
  const byId = services.map((each) => ["place" in each ? each.place.id : each, each] as const);
  return [...new Map(byId).values()];
}
