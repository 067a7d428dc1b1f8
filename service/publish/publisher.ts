import type { Settings } from "../../drivers/contract/option.ts";
import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { PublisherReport } from "./acceptance_report.ts";
import { encodeBorrowed, encodeUpdate } from "../event/codec/encode.ts";
import type { WireFormat } from "../event/codec/wire_fields.ts";
import { pubSubSendTimeout, pubSubWireFormat } from "../config/options/pub_sub.ts";
import { type DbUpdate, withoutOrigin } from "../event/db_update.ts";

/** How a {@linkcode Publisher} writes and how long it waits. */
export interface PublisherOptions {
  /** The shape payloads are written in. */
  readonly format: WireFormat;
  /** Maximum size of a payload, in bytes. */
  readonly maxEventBytes: number;
  /** Maximum time that a send waits for the transport, in milliseconds. */
  readonly sendTimeoutMs: number;
}

/** The options of a configuration; how long a send waits is read anew each time. */
export function publisherOptions(settings: Settings): PublisherOptions {
  return {
    format: settings.get(pubSubWireFormat),
    maxEventBytes: settings.get(pubSubMaxEventBytes),
    get sendTimeoutMs() {
      return settings.get(pubSubSendTimeout) * 1000;
    },
  };
}

/** Sends events through a driver: encodes them, names the topic, and waits within a timeout. */
export class Publisher implements AsyncDisposable {
  readonly #frames: FramePublisher;
  readonly #options: PublisherOptions;

  /**
   * Nothing is opened or read yet.
   *
   * @param frames a driver's publisher, which is closed with this one
   */
  constructor(frames: FramePublisher, options: PublisherOptions) {
    this.#frames = frames;
    this.#options = options;
  }

  /** Where the driver sends from or to. */
  get address(): string {
    return this.#frames.address;
  }

  /**
   * Sends one update under its topic. Resolves when the transport has taken it, or the broker has
   * confirmed it, which is not yet proof that anyone has received it.
   *
   * @throws {WireError} for an update that no receiver would accept
   * @throws {DriverError} when the transport did not take it in time
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
   * Sends one update without waiting; false when the transport has not taken it, or a broker has no
   * room for it. Throws what {@linkcode sendEvent} rejects with.
   */
  trySendEvent(update: DbUpdate): boolean {
    return this.#frames.trySend(update.topic, this.#encodeBorrowed(update));
  }

  /** As {@linkcode trySendEvent}; the group receives what the other end says of the event. */
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

  /** Closes all of it at once. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
  }
}
