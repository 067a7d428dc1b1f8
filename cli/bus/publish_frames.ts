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

/** The publisher of a command. */
export interface PublishFrames {
  readonly frames: FramePublisher;
  /** Maximum number of events that the transport may not have accepted yet. */
  readonly window: number;
  /** Whether it publishes to the publisher service of this host. */
  readonly isToService: boolean;
  /** Creates a group for events to the service, whose answers the publisher counts. */
  readonly openGroup: (() => SendGroup) | undefined;
}

/**
 * Answers arrive later than further events could be sent; the transport keeps the order
 * nevertheless.
 */
const BROKER_WINDOW = 256;
/** A service answers for whole batches. */
const SERVICE_WINDOW = 2_048;

/**
 * Opens the configured publisher: to the service of this host, or to a broker.
 *
 * @throws {UsageError} if the driver would bind an address, which only the service should do
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
      `"${driver.name}" binds the address of the publisher service: set [df] pub_sub_use_multiproc = true`,
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
