import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { placeOf as placeAnnounced, type ServicePlace } from "../../service/fleet/service_place.ts";
import type { ReadablePublisherRow } from "../../service/publishers/publishers_table.ts";
import type { Composition } from "../composition.ts";
import { readClientToken } from "../../service/config/pages_token.ts";
import type { Io } from "../terminal/io.ts";
import { withTable } from "./open_table.ts";
import { pagesUrl, pagesUrlOf } from "./service_pages.ts";

const HANDSHAKE_MS = 3_000;

/** A publisher, and where it can be asked, or why it cannot. */
export type FoundService =
  | { readonly place: ServicePlace }
  | { readonly id: string; readonly uri: string; readonly problem: string };

/** The services that flags name; or else those of the publishers table, or with a broker this host's. */
export async function findServices(
  composition: Composition,
  urls: readonly string[] | undefined,
  io: Io,
): Promise<readonly FoundService[]> {
  const token = await clientToken(composition, io);
  if (urls !== undefined) return urls.map((url) => ({ place: { pages: pagesUrlOf(url), token } }));
  const { config: settings, log, drivers } = composition;
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), { settings, log });
  // On a broker every service sees every node.
  if (!driver.traits.listensToAddresses) return [{ place: localService(composition, token) }];
  const rows = await aliveRows(composition);
  return await announced(driver, rows, token);
}

/** @throws {DriverError} `NO_PUBLISHER_SERVICE` when the configuration does not say where it is */
export function localService(
  { config }: Pick<Composition, "config">,
  token: string | undefined,
): ServicePlace {
  const pages = pagesUrl(config);
  if (pages !== undefined) return { pages, token };
  const message = "Cannot ask the publisher service: its health pages are off or at any free " +
    "port: set [df] http_address, or give --url";
  throw new DriverError("NO_PUBLISHER_SERVICE", message);
}

/** The token for the pages of services, as configured. @throws {ConfigError} */
export function clientToken({ config }: Composition, io: Io): Promise<string | undefined> {
  return readClientToken(config, io);
}

async function aliveRows(composition: Composition): Promise<readonly ReadablePublisherRow[]> {
  return await withTable(composition, async ({ place, table }) => {
    const rows = await table.list();
    const alive = rows.filter((row): row is ReadablePublisherRow => row.state === "alive");
    if (alive.length > 0) return alive;
    const message =
      `No publisher is alive in ${place} (configuration: ${composition.configSource})`;
    throw new DriverError("NO_PUBLISHER_SERVICE", message);
  });
}

/** What publishers say of themselves to a subscriber without topics. */
async function announced(
  driver: PubSubDriver,
  rows: readonly ReadablePublisherRow[],
  token: string | undefined,
): Promise<readonly FoundService[]> {
  await using subscriber = await driver.openSubscriber();
  return await Promise.all(rows.map(async ({ key: id, record: { uri } }) => {
    try {
      subscriber.registerListenAddress(uri);
      await subscriber.ready({ addresses: [uri], timeoutMs: HANDSHAKE_MS });
    } catch (error) {
      return { id, uri, problem: messageOf(error) };
    }
    const announcement = subscriber.announcementOf?.(uri);
    const place = announcement && placeAnnounced(announcement, uri, token);
    return place === undefined
      ? { id, uri, problem: "it does not say where its health pages are: give --url" }
      : { place };
  }));
}
