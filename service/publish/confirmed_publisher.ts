import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import { openPositioned, type OpenPositionedOptions } from "./open_positioned.ts";
import type { AcceptanceReport, PublisherReport } from "./acceptance_report.ts";

/**
 * Opens a process's own publisher to the network, which adds positions. If a broker confirms
 * events, the publisher counts the answers.
 *
 * @throws {DriverError} the driver's error; nothing stays open then
 */
export async function openDirect(
  driver: PubSubDriver,
  options: OpenPositionedOptions,
): Promise<FramePublisher> {
  const frames = await openPositioned(driver, options);
  return driver.traits.confirms ? new ConfirmedPublisher(frames, { isBroker: true }) : frames;
}

/**
 * Opens a publisher to the service of this host. If the driver confirms events, the publisher
 * counts the answers.
 *
 * @throws {DriverError} the driver's error
 */
export async function openLocal(driver: PubSubDriver): Promise<FramePublisher> {
  const frames = await driver.openPublisher();
  return driver.traits.confirms ? new ConfirmedPublisher(frames, { isBroker: false }) : frames;
}

/**
 * A publisher of a driver that confirms events. It counts sent events by the answer of the other
 * end, a broker or the publisher service: accepted, refused or uncertain. A service of the original
 * confirms nothing, so its events are uncertain. {@linkcode close} returns the counts; an event
 * that never left this process does not count.
 */
export class ConfirmedPublisher implements FramePublisher {
  readonly #frames: FramePublisher;
  readonly #isBroker: boolean;
  #accepted = 0;
  #refused = 0;
  #uncertain = 0;
  #underWay = 0;
  /** Events that {@linkcode trySend} accepted; only the driver sees their answers. */
  #unwatched = 0;
  #isInterrupted = false;
  #closing: Promise<PublisherReport> | undefined;

  /**
   * Creates it without sending anything.
   *
   * @param frames a driver's publisher, which is closed together with this one
   */
  constructor(frames: FramePublisher, { isBroker }: { readonly isBroker: boolean }) {
    this.#frames = frames;
    this.#isBroker = isBroker;
  }

  /** The driver's address. */
  get address(): string {
    return this.#frames.address;
  }

  /** The driver's health events. */
  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /**
   * Whether the other end confirms events: a broker always does, and a service unless it is the
   * original's.
   */
  get isAcknowledged(): boolean | undefined {
    return this.#isBroker || this.#frames.isAcknowledged;
  }

  /** What the driver knows of the service. */
  get service(): FramePublisher["service"] {
    return this.#frames.service;
  }

  /** As the driver's publisher, with counting. */
  trySend(topic: string, payload: Uint8Array): boolean {
    const isTaken = this.#frames.trySend(topic, payload);
    if (isTaken) this.#unwatched++;
    return isTaken;
  }

  /** Creates a group for {@linkcode trySendIn}, whose answers are counted. */
  openGroup(): SendGroup {
    return new SendGroup(
      () => {
        this.#underWay--;
        this.#countTaken();
      },
      (error) => {
        this.#underWay--;
        this.#countFailure(error);
      },
    );
  }

  /** As the driver's publisher; the group counts the answer. */
  trySendIn(group: SendGroup, topic: string, payload: Uint8Array): boolean {
    const isTaken = this.#frames.trySendIn?.(group, topic, payload) ?? false;
    if (isTaken) this.#underWay++;
    return isTaken;
  }

  /** As the driver's publisher, with counting. */
  async send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void> {
    this.#underWay++;
    try {
      await this.#frames.send(topic, payload, options);
      this.#countTaken();
    } catch (error) {
      this.#countFailure(error);
      throw error;
    } finally {
      this.#underWay--;
    }
  }

  /** Closes the driver's publisher and returns the counts. */
  close(options?: { readonly timeoutMs?: number }): Promise<PublisherReport> {
    return this.#closing ??= this.#close(options);
  }

  /** Closes the publisher at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
  }

  async #close(options?: { readonly timeoutMs?: number }): Promise<PublisherReport> {
    const { flushed } = await this.#frames.close(options);
    const acceptance = this.#report(flushed);
    // A driver keeps nothing of an event whose answer the end of a connection has cut off.
    const isCertain = !acceptance.isAcknowledged || acceptance.uncertain === 0;
    return { flushed: flushed && isCertain, acceptance };
  }

  #report(flushed: boolean): AcceptanceReport {
    const isAcknowledged = this.isAcknowledged ?? false;
    const areUnwatchedIn = flushed && isAcknowledged;
    const accepted = this.#accepted + (areUnwatchedIn ? this.#unwatched : 0);
    const uncertain = this.#uncertain + this.#underWay + (areUnwatchedIn ? 0 : this.#unwatched);
    const refused = this.#refused;
    return {
      sent: accepted + refused + uncertain,
      accepted,
      refused,
      uncertain,
      isAcknowledged,
      isInterrupted: this.#isInterrupted,
      ...(this.#isBroker && { isBroker: true }),
    };
  }

  /**
   * Counts an event that the other end has taken; a service of the original never confirms that.
   */
  #countTaken(): void {
    if (this.isAcknowledged === false) this.#uncertain++;
    else this.#accepted++;
  }

  #countFailure(error: unknown): void {
    if (error instanceof DriverError && error.isUncertain) {
      this.#uncertain++;
      this.#isInterrupted ||= error.code === "TRANSPORT_FAILED";
    } else if (error instanceof DriverError) {
      // After another error the event has not left this process.
      if (error.code === "REFUSED") this.#refused++;
    } else if (!(error instanceof RangeError) && this.isAcknowledged !== undefined) {
      // The caller has aborted the wait. Before the first connection the event has not left.
      this.#uncertain++;
    }
  }
}
