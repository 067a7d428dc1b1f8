import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import { openDirect, openLocal } from "../publish/confirmed_publisher.ts";
import { pubSubDriver } from "../config/options/pub_sub.ts";
import type { DbUpdate } from "../event/db_update.ts";
import type { NbApiOptions } from "./nb_api_options.ts";
import { NetworkSubscriber } from "../receive/network_subscriber.ts";
import { localDriver } from "../base/publish_route.ts";
import { Publisher, publisherOptions } from "../publish/publisher.ts";
import { configuredPublisherUris } from "../publishers/publisher_uris.ts";

/** The publisher and the subscriber of a node. */
export interface NbEvents {
  readonly publisher: Publisher;
  readonly subscriber: NetworkSubscriber;
}

/** Receives what the subscriber receives. */
export interface EventSink {
  readonly onUpdates: (updates: readonly DbUpdate[]) => void;
  readonly whenApplied: () => Promise<void>;
  readonly onHealth: (event: HealthEvent) => void;
}

/** Opens the configured publisher and the subscriber between hosts, or neither. */
export async function openNbEvents(
  { settings, drivers, since, clock, log }: NbApiOptions,
  db: NbDbDriver,
  sink: EventSink,
): Promise<NbEvents> {
  const context = { settings, log };
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  const local = await localDriver({ ...context, drivers, network: () => Promise.resolve(driver) });
  await using undo = new AsyncDisposableStack();
  // A publisher to the network needs an id of its own; the service's publisher uses that of the
  // service.
  const frames = undo.use(
    local === undefined
      ? await openDirect(driver, { id: crypto.randomUUID(), settings, clock })
      : await openLocal(local),
  );
  const publisher = new Publisher(frames, publisherOptions(settings));
  const subscriber = await NetworkSubscriber.open({
    settings,
    driver,
    db,
    publisherUris: configuredPublisherUris(settings),
    since,
    ...sink,
    clock,
    log,
  });
  undo.move();
  return { publisher, subscriber };
}
