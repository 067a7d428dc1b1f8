import type { Settings } from "../../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { PubSubDriver, ServiceAnnouncement } from "../../drivers/contract/pubsub.ts";
import type { FrameRecorder } from "../../drivers/contract/recorder.ts";
import type { Clock } from "../base/clock.ts";
import { pubSubWireFormat } from "../config/options/pub_sub.ts";
import { encodeUpdate } from "../event/codec/encode.ts";
import { nativeSync } from "../event/codec/native_sync.ts";
import type { WireFormat } from "../event/codec/wire_fields.ts";
import { SEND_ALL_TOPIC } from "../event/db_update.ts";
import { PositionedPublisher } from "./positioned_publisher.ts";

/** Options of {@linkcode openPositioned}. */
export interface OpenPositionedOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The effective configuration. */
  readonly settings: Settings;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /** What the publisher announces about its service to subscribers. @default nothing */
  readonly announcement?: ServiceAnnouncement;
  /** Records each frame that the driver has taken, with its stamp. @default nothing is recorded */
  readonly recorder?: FrameRecorder | undefined;
}

/**
 * Opens a driver's publisher for the network, which adds positions. Closing it closes the driver's.
 *
 * @throws {DriverError} the driver's error; nothing stays open then
 */
export async function openPositioned(
  driver: PubSubDriver,
  { id, settings, clock, announcement, recorder }: OpenPositionedOptions,
): Promise<PositionedPublisher> {
  const format = settings.get(pubSubWireFormat);
  const frames = await driver.openPublisher({
    resync: (topic) => resyncPayload(topic, format),
    ...(announcement && { announcement }),
    recorder,
  });
  return new PositionedPublisher(frames, {
    id,
    clock,
    maxEventBytes: settings.get(pubSubMaxEventBytes),
    confirms: driver.traits.confirms,
    onSent: recorder && !frames.isRecording
      ? (topic, payload) => recorder.append(topic, payload)
      : undefined,
  });
}

/**
 * A subscriber of the original may subscribe to any prefix, even one that is not valid in an event.
 */
function resyncPayload(topic: string, format: WireFormat): Uint8Array {
  try {
    return encodeUpdate(nativeSync(topic), format);
  } catch {
    return encodeUpdate(nativeSync(SEND_ALL_TOPIC), format);
  }
}
