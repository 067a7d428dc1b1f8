import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { localDriver } from "../../service/base/publish_route.ts";
import {
  ConfirmedPublisher,
  openDirect,
  openLocal,
} from "../../service/publish/confirmed_publisher.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";

/** Where a command sends its events. */
export interface PublishFrames {
  readonly frames: FramePublisher;
  /** How many events may be on their way to the transport at a time. */
  readonly window: number;
  /** Whether the publisher service of this host is the other end. */
  readonly isToService: boolean;
  /** Makes a group for events to the service, whose answers the frames count. */
  readonly openGroup: (() => SendGroup) | undefined;
}

/** The answers come later than the next event could go; the transport keeps the order all the same. */
const BROKER_WINDOW = 256;
/** A service answers for whole batches. */
const SERVICE_WINDOW = 2_048;

/**
 * Opens the publisher of the configuration: to the service of this host, or to a broker.
 *
 * @throws {UsageError} when the driver would bind an address: that is the service's to do
 */
export async function openPublishFrames(
  composition: Composition,
): Promise<PublishFrames> {
  const { config: settings, log, clock, drivers } = composition;
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
    ? await openLocal(driver)
    : await openDirect(driver, { id: crypto.randomUUID(), settings, clock });
  const window = isToService ? SERVICE_WINDOW : BROKER_WINDOW;
  const openGroup = isToService && frames instanceof ConfirmedPublisher
    ? () => frames.openGroup()
    : undefined;
  return { frames, window: driver.traits.confirms ? window : 1, isToService, openGroup };
}
