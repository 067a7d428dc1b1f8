import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { isStamp, stampLayout } from "../event/codec/stamp_layout.ts";

const LAYOUTS = [stampLayout("map"), stampLayout("json")] as const;

/**
 * A driver's publisher that tells of every stamped event that the transport takes, before anyone else
 * can have the next one taken. An event that has no room for a stamp is not told of.
 */
export class CountedFrames implements FramePublisher {
  readonly #frames: FramePublisher;
  readonly #onTaken: () => void;

  /** `onTaken` must not throw. */
  constructor(frames: FramePublisher, onTaken: () => void) {
    this.#frames = frames;
    this.#onTaken = onTaken;
  }

  /** Where the driver sends to. */
  get address(): string {
    return this.#frames.address;
  }

  /** That of the driver. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** The driver's, counted. */
  trySend(topic: string, payload: Uint8Array): boolean {
    return this.#count(payload, this.#frames.trySend(topic, payload));
  }

  /** The driver's, counted. */
  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.#count(payload, this.#frames.trySendToAll(topic, payload));
  }

  /** The driver's, counted. */
  async send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void> {
    await this.#frames.send(topic, payload, options);
    this.#count(payload, true);
  }

  /** Closes the driver's end. */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    return this.#frames.close(options);
  }

  /** Closes all of it at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
  }

  #count(payload: Uint8Array, isTaken: boolean): boolean {
    if (isTaken && isStamped(payload)) this.#onTaken();
    return isTaken;
  }
}

function isStamped(payload: Uint8Array): boolean {
  return LAYOUTS.some((layout) => isStamp(payload, payload.length - layout.octets.length, layout));
}
