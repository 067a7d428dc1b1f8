import type {
  DriverContext,
  FramePublisher,
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
import { observe, type ObservedEnd } from "./observability/end_watch.ts";
import { MeteredDb } from "./observability/metered_db.ts";
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
  /** The driver's publisher, to which the sink sends. */
  readonly network: ObservedEnd<FramePublisher>;
  /** Whether a send resolves when a broker has confirmed the event. */
  readonly confirms: boolean;
  /** Absent if local processes do not publish through the service. */
  readonly local: ObservedEnd<FrameSubscriber> | undefined;
  readonly db: MeteredDb;
  /** Absent if it is turned off. */
  readonly recorder: FrameRecorder | undefined;
}

/** Opens the configured parts; `undo` closes them. Drivers are looked up first. */
export async function openService(
  named: IdentifiedOptions,
  undo: AsyncDisposableStack,
): Promise<[IdentifiedOptions, Opened]> {
  const { settings, drivers, log } = named;
  const context: DriverContext = { settings, log };
  const driver = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  const localDriver = settings.get(pubSubUseMultiproc) === false
    ? undefined
    : await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), context);
  requireNetworkDriver(settings, driver);
  if (localDriver !== undefined) requireLocalDriver(settings, localDriver);
  // First, since each event contains the id in the table.
  const rows = undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), context));
  const options = await takeOverRow(named, rows);
  const recorder = await openRecorder(options);
  if (recorder !== undefined) undo.use(recorder);
  const sink = undo.use(await openSink(driver, options, recorder));
  const network = observe(sink.frames);
  const source = localDriver && undo.use(await openSubscriber(localDriver, options));
  const local = source && observe(source);
  const db = new MeteredDb(rows, options.clock);
  const boundAddress = driver.traits.listensToAddresses ? sink.address : undefined;
  const { confirms } = driver.traits;
  const { secureAddress } = sink;
  return [
    options,
    { boundAddress, secureAddress, sink, network, confirms, local, db, recorder },
  ];
}

async function openSink(
  driver: PubSubDriver,
  options: IdentifiedOptions,
  recorder: FrameRecorder | undefined,
): Promise<PositionedPublisher> {
  const { settings, clock, log, ownId, pages } = options;
  const publisher = await openPositioned(driver, {
    id: ownId,
    announcement: { id: ownId, pages },
    settings,
    clock,
    recorder,
  });
  const { address, secureAddress } = publisher;
  const secure = secureAddress === undefined ? "" : `, and with TLS at ${secureAddress},`;
  log.info(`Publishing at ${address}${secure} with ${driver.name}`);
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
