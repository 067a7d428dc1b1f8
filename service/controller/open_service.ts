import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type {
  DriverContext,
  FrameSubscriber,
  PubSubDriver,
} from "../../drivers/contract/pubsub.ts";
import type { FrameRecorder } from "../../drivers/contract/recorder.ts";
import { nbDbClass } from "../config/options/host.ts";
import {
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
} from "../config/options/pub_sub.ts";
import { recorderBytes, recorderPath } from "../config/options/recorder.ts";
import { requireLocalDriver, requireNetworkDriver } from "../base/driver_roles.ts";
import { ServiceObservation } from "./observability/service_observation.ts";
import { takeOverRow } from "./publisher_identity.ts";
import { openPositioned } from "../publish/open_positioned.ts";
import type { PositionedPublisher } from "../publish/positioned_publisher.ts";
import { WarningFolder } from "../base/warning_folder.ts";
import type { IdentifiedOptions } from "./publisher_service_options.ts";

/** The opened parts of a publisher service. */
export interface Opened {
  /** The address to which subscribers connect; undefined if they connect to a broker. */
  readonly boundAddress: string | undefined;
  /** Another address, to which subscribers with TLS connect. */
  readonly secureAddress: string | undefined;
  readonly sink: PositionedPublisher;
  /** Whether a send resolves when a broker has confirmed the event. */
  readonly confirms: boolean;
  /** Absent if local processes do not publish through the service. */
  readonly source: FrameSubscriber | undefined;
  readonly db: NbDbDriver;
  /** Absent if it is turned off. */
  readonly recorder: FrameRecorder | undefined;
  /** Counts and watches all of them. */
  readonly observation: ServiceObservation;
}

/** Opens the configured parts; `undo` closes them. Drivers are looked up first. */
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
  requireNetworkDriver(settings, network);
  if (local !== undefined) requireLocalDriver(settings, local);
  // First, since each event contains the id in the table.
  const rows = undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), context));
  const options = await takeOverRow(named, rows);
  const observation = new ServiceObservation(options);
  const recorder = await openRecorder(options);
  if (recorder !== undefined) undo.use(recorder);
  const sink = undo.use(await openSink(network, options, observation, recorder));
  const source = local && undo.use(await openSubscriber(local, options));
  if (source !== undefined) observation.watchLocal(source);
  const db = observation.meterDb(rows);
  const boundAddress = network.traits.listensToAddresses ? sink.address : undefined;
  const { confirms } = network.traits;
  const { secureAddress } = sink;
  const addresses = { boundAddress, secureAddress };
  return [options, { ...addresses, sink, confirms, source, db, recorder, observation }];
}

async function openSink(
  network: PubSubDriver,
  options: IdentifiedOptions,
  observation: ServiceObservation,
  recorder: FrameRecorder | undefined,
): Promise<PositionedPublisher> {
  const { settings, clock, log, ownId, pages } = options;
  const publisher = await openPositioned(network, {
    id: ownId,
    announcement: { id: ownId, pages },
    settings,
    clock,
    recorder,
    watch: (frames) => {
      observation.watchNetwork(frames);
      return frames;
    },
  });
  const { address, secureAddress } = publisher;
  const secure = secureAddress === undefined ? "" : `, and with TLS at ${secureAddress},`;
  log.info(`Publishing at ${address}${secure} with ${network.name}`);
  return publisher;
}

/** Its failures are warnings: they never stop the service. */
async function openRecorder(
  { settings, drivers, log, clock }: IdentifiedOptions,
): Promise<FrameRecorder | undefined> {
  const path = settings.get(recorderPath);
  if (path === "") return undefined;
  const folder = new WarningFolder({ subject: `Recorder in "${path}"`, log, clock });
  return await drivers.openRecorder?.({
    path,
    maxBytes: settings.get(recorderBytes),
    clock,
    onFound: (text) => log.warn(`Recorder in "${path}": ${text}`),
    onFailure: (error) => folder.failure(error),
    onSuccess: () => folder.success(),
  });
}

async function openSubscriber(
  driver: PubSubDriver,
  { ownId, pages, log }: IdentifiedOptions,
): Promise<FrameSubscriber> {
  const subscriber = await driver.openSubscriber({ announcement: { id: ownId, pages } });
  log.info(`Listening for local publishers with ${driver.name}`);
  return subscriber;
}
