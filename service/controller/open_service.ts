import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type {
  DriverContext,
  FrameSubscriber,
  PubSubDriver,
} from "../../drivers/contract/pubsub.ts";
import { nbDbClass } from "../config/options/host.ts";
import {
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
} from "../config/options/pub_sub.ts";
import { requireLocalDriver, requireNetworkDriver } from "../base/driver_roles.ts";
import { ServiceObservation } from "./observability/service_observation.ts";
import { takeOverRow } from "./publisher_identity.ts";
import { openPositioned } from "../publish/open_positioned.ts";
import type { PositionedPublisher } from "../publish/positioned_publisher.ts";
import type { IdentifiedOptions } from "./publisher_service_options.ts";

/** What a publisher service has opened. */
export interface Opened {
  /** Where subscribers connect; undefined when they meet the publisher at a broker. */
  readonly boundAddress: string | undefined;
  readonly sink: PositionedPublisher;
  /** Whether a send of the sink resolves when a broker has confirmed the event. */
  readonly confirms: boolean;
  /** Absent when local processes do not publish through the service. */
  readonly source: FrameSubscriber | undefined;
  readonly db: NbDbDriver;
  /** Counts all of them, and watches. */
  readonly observation: ServiceObservation;
}

/** Opens what the configuration names, `undo` closes it; drivers are looked up before. */
export async function openService(
  named: IdentifiedOptions,
  undo: AsyncDisposableStack,
): Promise<[IdentifiedOptions, Opened]> {
  const { settings, drivers, log } = named;
  const context: DriverContext = { settings, log };
  const network = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  const local = settings.get(pubSubUseMultiproc) === false
    ? undefined
    : await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), context);
  requireNetworkDriver(network);
  if (local !== undefined) requireLocalDriver(local);
  // First, as the id in the table goes into every event.
  const rows = undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), context));
  const options = await takeOverRow(named, rows);
  const observation = new ServiceObservation(options);
  const sink = undo.use(await openSink(network, options, observation));
  const source = local && undo.use(await openSubscriber(local, options));
  if (source !== undefined) observation.watchLocal(source);
  const db = observation.meterDb(rows);
  const boundAddress = network.traits.listensToAddresses ? sink.address : undefined;
  const { confirms } = network.traits;
  return [options, { boundAddress, sink, confirms, source, db, observation }];
}

async function openSink(
  network: PubSubDriver,
  options: IdentifiedOptions,
  observation: ServiceObservation,
): Promise<PositionedPublisher> {
  const { settings, clock, log, ownId, wasRegistered, pages } = options;
  const publisher = await openPositioned(network, {
    id: ownId,
    isReturning: wasRegistered,
    announcement: { id: ownId, pages },
    settings,
    clock,
    watch: (frames) => {
      observation.watchNetwork(frames);
      return frames;
    },
  });
  log.info(`Publishing at ${publisher.address} by ${network.name}`);
  return publisher;
}

async function openSubscriber(
  driver: PubSubDriver,
  { ownId, pages, log }: IdentifiedOptions,
): Promise<FrameSubscriber> {
  const subscriber = await driver.openSubscriber({ announcement: { id: ownId, pages } });
  log.info(`Listening for local publishers by ${driver.name}`);
  return subscriber;
}
