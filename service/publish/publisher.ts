import type { Settings } from "../../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { PublisherReport } from "./acceptance_report.ts";
import { encodeBorrowed, encodeUpdate } from "../event/codec/encode.ts";
import { WireError } from "../event/codec/wire_error.ts";
import type { WireFormat } from "../event/codec/wire_fields.ts";
import { pubSubSendTimeout, pubSubWireFormat } from "../config/options/pub_sub.ts";
import { type DbUpdate, withoutOrigin } from "../event/db_update.ts";

/** Options of a {@linkcode Publisher}. */
export interface PublisherOptions {
  /** The format of sent payloads. */
  readonly format: WireFormat;
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
  /** Maximum time that a send waits for the transport, in milliseconds. */
  readonly sendTimeoutMs: number;
}

/** The options of a configuration. The send timeout is read anew each time. */
export function publisherOptions(settings: Settings): PublisherOptions {
  return {
    format: settings.get(pubSubWireFormat),
    maxEventBytes: settings.get(pubSubMaxEventBytes),
    get sendTimeoutMs() {
      return settings.get(pubSubSendTimeout) * 1000;
    },
  };
}

/** Publishes events through a driver: encodes them, sets the topic, and waits within a timeout. */
export class Publisher implements AsyncDisposable {
  readonly #frames: FramePublisher;
  readonly #options: PublisherOptions;

  /**
   * Creates it without opening anything.
   *
   * @param frames a driver's publisher, which is closed together with this one
   */
  constructor(frames: FramePublisher, options: PublisherOptions) {
    this.#frames = frames;
    this.#options = options;
  }

  /**
   * Publishes one event under its topic. Resolves when the transport has accepted it or the broker
   * has confirmed it. That does not prove that a subscriber has received it.
   *
   * @throws {WireError} for an event that no receiver would accept
   * @throws {DriverError} if the transport did not accept it in time
   */
  async sendEvent(
    update: DbUpdate,
    { signal }: Pick<WaitOptions, "signal"> = {},
  ): Promise<void> {
    const { format, maxEventBytes, sendTimeoutMs } = this.#options;
    const payload = encodeUpdate(withoutOrigin(update), format, { maxBytes: maxEventBytes });
    const bounds = { timeoutMs: sendTimeoutMs, ...(signal === undefined ? {} : { signal }) };
    await this.#frames.send(update.topic, payload, bounds);
  }

  /**
   * Publishes the change of a row, as {@linkcode sendEvent}. An event that is too large goes out
   * without its value: receivers then read the row.
   *
   * @throws {WireError | DriverError} as {@linkcode sendEvent}
   */
  async sendChange(update: DbUpdate, options?: Pick<WaitOptions, "signal">): Promise<void> {
    try {
      await this.sendEvent(update, options);
    } catch (error) {
      if (!(error instanceof WireError && error.code === "TOO_LARGE")) throw error;
      await this.sendEvent({ ...update, value: null }, options);
    }
  }

  /**
   * Publishes one event without waiting. Returns false if the transport did not accept it. Throws
   * the errors of {@linkcode sendEvent}.
   */
  trySendEvent(update: DbUpdate): boolean {
    return this.#frames.trySend(update.topic, this.#encodeBorrowed(update));
  }

  /** As {@linkcode trySendEvent}; the group gets the other end's answer about the event. */
  trySendEventIn(group: SendGroup, update: DbUpdate): boolean {
    return this.#frames.trySendIn?.(group, update.topic, this.#encodeBorrowed(update)) ?? false;
  }

  #encodeBorrowed(update: DbUpdate): Uint8Array {
    const { format, maxEventBytes } = this.#options;
    return encodeBorrowed(update, format, { maxBytes: maxEventBytes });
  }

  /** Closes the driver's end; the report says whether all that was sent has left, or was accepted. */
  close({ timeoutMs = this.#options.sendTimeoutMs }: Pick<WaitOptions, "timeoutMs"> = {}): Promise<
    PublisherReport
  > {
    return this.#frames.close({ timeoutMs });
  }

  /** Closes the publisher at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
  }
}
