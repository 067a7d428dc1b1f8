import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { localDriver } from "../../service/base/publish_route.ts";
import type { PublisherOptions } from "../../service/publish/publisher.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";

/** Where a command sends its events. */
export interface PublishFrames {
  readonly frames: FramePublisher;
  /** How many events may be on their way to the transport at a time. */
  readonly window: number;
}

/** A broker's answers come later than the next event could go; it keeps the order all the same. */
const BROKER_WINDOW = 256;

/**
 * Opens the publisher of the configuration: to the service of this host, or to a broker.
 *
 * @throws {UsageError} when the driver would bind an address: that is the service's to do
 */
export async function openPublishFrames(
  composition: Composition,
  sending: PublisherOptions,
): Promise<PublishFrames> {
  const { config: settings, log, drivers } = composition;
  const network = () => drivers.loadPubSubDriver(settings.get(pubSubDriver), { settings, log });
  const local = await localDriver({ settings, log, drivers, network });
  const driver = local ?? await network();
  if (driver.traits.listensToAddresses) {
    throw new UsageError(
      `"${driver.name}" publishes through the publisher service: set [df] pub_sub_use_multiproc`,
    );
  }
  const isToService = local !== undefined && driver.traits.reach !== "network";
  const frames = isToService
    ? await openToService(driver, composition, sending)
    : await openToNetwork(driver, composition);
  return { frames, window: driver.traits.liveProof === "confirmed" ? BROKER_WINDOW : 1 };
}

// Either way is loaded only by who goes it: a command is to start at once.
async function openToService(
  driver: PubSubDriver,
  { clock, log }: Composition,
  sending: PublisherOptions,
): Promise<FramePublisher> {
  const { openLocalPublisher } = await import("../../service/acceptance/local_publisher.ts");
  return await openLocalPublisher(driver, { ...sending, waitsForAcceptance: false, clock, log });
}

async function openToNetwork(
  driver: PubSubDriver,
  { config: settings, clock, log }: Composition,
): Promise<FramePublisher> {
  const { openDirect } = await import("../../service/acceptance/confirmed_publisher.ts");
  return await openDirect(driver, { id: crypto.randomUUID(), settings, clock, log });
}
