import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { openPositioned, type OpenPositionedOptions } from "../publish/open_positioned.ts";
import type { AcceptanceReport, PublisherReport } from "../publish/acceptance_report.ts";

/**
 * Opens a process's own publisher to the network, with positions. If a broker confirms events, the
 * publisher counts them.
 *
 * @throws {DriverError} what the driver throws; nothing is left open then
 */
export async function openDirect(
  driver: PubSubDriver,
  options: OpenPositionedOptions,
): Promise<FramePublisher> {
  const frames = await openPositioned(driver, options);
  return driver.traits.liveProof === "confirmed" ? new ConfirmedPublisher(frames) : frames;
}

/**
 * A publisher to a broker that confirms events. It counts the events that were sent by the broker's
 * answer: accepted, refused or uncertain. {@linkcode close} returns the counts; an event that never
 * left this process is not counted.
 */
export class ConfirmedPublisher implements FramePublisher {
  readonly #frames: FramePublisher;
  #accepted = 0;
  #refused = 0;
  #uncertain = 0;
  #waiting = 0;
  /** Events that {@linkcode trySend} took; only the driver sees their answers. */
  #untold = 0;
  #isInterrupted = false;
  #closing: Promise<PublisherReport> | undefined;

  /**
   * Nothing is sent yet.
   *
   * @param frames a driver's publisher, which is closed with this one
   */
  constructor(frames: FramePublisher) {
    this.#frames = frames;
  }

  /** That of the driver. */
  get address(): string {
    return this.#frames.address;
  }

  /** That of the driver. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** The driver's, counted. */
  trySend(topic: string, payload: Uint8Array): boolean {
    return this.#countUntold(this.#frames.trySend(topic, payload));
  }

  /** The driver's, counted. */
  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.#countUntold(this.#frames.trySendToAll(topic, payload));
  }

  /** The driver's, counted. */
  async send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void> {
    this.#waiting++;
    try {
      await this.#frames.send(topic, payload, options);
      this.#accepted++;
    } catch (error) {
      this.#countFailure(error);
      throw error;
    } finally {
      this.#waiting--;
    }
  }

  /** Closes the driver's end and returns the counts. Closing twice is fine. */
  close(options?: { readonly timeoutMs?: number }): Promise<PublisherReport> {
    return this.#closing ??= this.#close(options);
  }

  /** Closes all of it at once. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
  }

  async #close(options?: { readonly timeoutMs?: number }): Promise<PublisherReport> {
    const { flushed } = await this.#frames.close(options);
    return { flushed, acceptance: this.#report(flushed) };
  }

  #report(flushed: boolean): AcceptanceReport {
    const accepted = this.#accepted + (flushed ? this.#untold : 0);
    const uncertain = this.#uncertain + this.#waiting + (flushed ? 0 : this.#untold);
    const refused = this.#refused;
    return {
      sent: accepted + refused + uncertain,
      accepted,
      refused,
      uncertain,
      isAcknowledged: true,
      isInterrupted: this.#isInterrupted,
      isBroker: true,
    };
  }

  #countUntold(isTaken: boolean): boolean {
    if (isTaken) this.#untold++;
    return isTaken;
  }

  #countFailure(error: unknown): void {
    if (error instanceof DriverError && error.isUncertain) {
      this.#uncertain++;
      this.#isInterrupted ||= error.code === "TRANSPORT_FAILED";
    } else if (error instanceof DriverError) {
      // An event that timed out waiting for room or a connection was not sent.
      if (error.code === "TRANSPORT_FAILED") this.#refused++;
    } else if (!(error instanceof RangeError)) {
      // The caller aborted the wait.
      this.#uncertain++;
    }
  }
}
