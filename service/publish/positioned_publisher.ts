import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { EventStamper } from "./event_stamper.ts";
import { type TopicPosition, TopicPositions } from "./topic_positions.ts";

/** Options of a {@linkcode PositionedPublisher}. */
export interface PositionedPublisherOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The clock that it reads and waits by. */
  readonly clock: Clock;
  /**
   * Maximum size of a payload that the driver sends, in bytes. An event that is too large for a
   * stamp is sent without one and uses no seq; it is refused if it has another publisher's stamp.
   */
  readonly maxEventBytes: number;
  /**
   * Whether a send resolves when the other end has accepted the event. Sends then get their seqs
   * when they are called and run concurrently. A failed send leaves a hole in the seqs of its
   * topic, so that subscribers notice the loss.
   *
   * @default false
   */
  readonly confirms?: boolean;
  /**
   * Called with each frame that the driver has taken, with its stamp; must be fast. With a broker,
   * the broker may still refuse the frame. @default nothing is called
   */
  readonly onSent?: ((topic: string, payload: Uint8Array) => void) | undefined;
  /** Minimum number of recently used topics whose position is remembered. @default 131,072 */
  readonly rememberedTopics?: number;
}

/**
 * A driver's publisher that adds positions to events: the publisher's id, the epoch, a seq that
 * counts 1, 2, 3… per topic, and the time.
 *
 * An event that the driver refuses uses no seq. While a send waits for room, the others wait behind
 * it, and {@linkcode trySend} returns false.
 */
export class PositionedPublisher implements FramePublisher {
  /** Totals of the events that the driver has accepted. */
  readonly sent: { events: number; bytes: number } = { events: 0, bytes: 0 };
  /** The driver's publisher, which is closed together with this one. */
  readonly frames: FramePublisher;
  readonly #options: PositionedPublisherOptions;
  readonly #positions: TopicPositions;
  readonly #stamper: EventStamper;
  /** Taken by a send that waits for room, so that the others keep their order behind it. */
  readonly #room = new Semaphore(1);

  constructor(frames: FramePublisher, options: PositionedPublisherOptions) {
    this.frames = frames;
    this.#options = options;
    this.#positions = new TopicPositions(options.clock, options.rememberedTopics);
    this.#stamper = new EventStamper(options);
  }

  get address(): string {
    return this.frames.address;
  }

  get secureAddress(): string | undefined {
    return this.frames.secureAddress;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.frames.health;
  }

  /**
   * The topics with a position: those of its events, except topics that were not used for a long
   * time.
   */
  topics(): IterableIterator<string> {
    return this.#positions.topics();
  }

  /** The position of the last event of a topic; undefined if it has none. */
  positionOf(topic: string): Readonly<TopicPosition> | undefined {
    const position = this.#positions.find(topic);
    return position?.seq === 0 ? undefined : position;
  }

  /**
   * Sends an event with its position without waiting. Returns false if the driver did not accept
   * it, or if another send waits. Throws the errors of the driver.
   *
   * @param stampOffset offset of another publisher's stamp that ends the payload and is replaced;
   * -1 without one
   */
  trySend(topic: string, payload: Uint8Array, stampOffset = -1): boolean {
    return this.#tryStamped(topic, payload, stampOffset);
  }

  /** Creates a group for {@linkcode trySendIn}, which counts accepted events. */
  openGroup(): SendGroup {
    return new SendGroup((bytes) => this.#countSent(bytes));
  }

  /** As {@linkcode trySend}, for a broker: the group gets the answer. */
  trySendIn(group: SendGroup, topic: string, payload: Uint8Array, stampOffset = -1): boolean {
    return this.#tryStamped(topic, payload, stampOffset, group);
  }

  #tryStamped(
    topic: string,
    payload: Uint8Array,
    stampOffset: number,
    group?: SendGroup,
  ): boolean {
    if (!this.#room.isFree) return false;
    const size = this.#stamper.plan(payload, stampOffset);
    if (size === 0) return this.#sendNow(topic, payload, group);
    const position = this.#positions.of(topic);
    this.#stamper.take(payload, position);
    const isSent = this.#canWrite && group === undefined
      ? this.#writeNow(topic, size)
      : this.#sendNow(topic, this.#stamper.bytes(size), group);
    if (isSent) position.seq++;
    return isSent;
  }

  /** Whether the driver takes events without a copy, and nothing else needs one. */
  get #canWrite(): boolean {
    return this.frames.tryWrite !== undefined && this.#options.onSent === undefined;
  }

  #writeNow(topic: string, size: number): boolean {
    const isSent = this.frames.tryWrite?.(topic, size, this.#stamper.write) === true;
    if (isSent) this.#countSent(size);
    return isSent;
  }

  /**
   * Sends an event with its position. Waits for room or, with a broker, until the event is
   * accepted, within bounds that include the wait for other sends. Rejects with the errors of the
   * driver.
   */
  async send(
    topic: string,
    payload: Uint8Array,
    options: WaitOptions & { readonly stampOffset?: number } = {},
  ): Promise<void> {
    const { stampOffset = -1, ...bounds } = options;
    bounds.signal?.throwIfAborted();
    if (this.#options.confirms) {
      return await this.#sendUnderWay(topic, payload, stampOffset, bounds);
    }
    if (!this.trySend(topic, payload, stampOffset)) {
      await this.#sendInTurn(topic, payload, stampOffset, bounds);
    }
  }

  /** Closes the driver's publisher. */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    return this.frames.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.frames[Symbol.asyncDispose]();
  }

  async #sendInTurn(
    topic: string,
    payload: Uint8Array,
    stampOffset: number,
    bounds: WaitOptions,
  ): Promise<void> {
    const { clock } = this.#options;
    const { timeoutMs = Infinity } = bounds;
    const deadline = clock.monotonic() + timeoutMs;
    using _permit = await this.#room.acquire({ ...bounds, clock }, () => {
      const message = `Cannot send: waited ${timeoutMs / 1000} s for other sends`;
      throw new DriverError("SEND_TIMEOUT", message);
    });
    const leftMs = Math.max(0, Math.ceil(deadline - clock.monotonic()));
    const left = timeoutMs === Infinity ? bounds : { ...bounds, timeoutMs: leftMs };
    const size = this.#stamper.plan(payload, stampOffset);
    if (size === 0) return await this.#sendFrame(topic, payload, left);
    const position = this.#positions.of(topic);
    this.#stamper.take(payload, position);
    // No other send writes before the semaphore is free again, so these bytes do not change.
    await this.#sendFrame(topic, this.#stamper.bytes(size), left);
    position.seq++;
  }

  /** The bytes are a copy, since the driver may send them later. */
  async #sendUnderWay(
    topic: string,
    payload: Uint8Array,
    stampOffset: number,
    bounds: WaitOptions,
  ): Promise<void> {
    const size = this.#stamper.plan(payload, stampOffset);
    const stamped = size === 0 ? payload : new Uint8Array(size);
    if (size > 0) {
      const position = this.#positions.of(topic);
      this.#stamper.take(payload, position);
      this.#stamper.write(stamped, 0);
      position.seq++;
    }
    await this.#sendFrame(topic, stamped, bounds);
  }

  #sendNow(topic: string, payload: Uint8Array, group: SendGroup | undefined): boolean {
    if (group !== undefined) {
      const isTaken = this.frames.trySendIn?.(group, topic, payload) ?? false;
      if (isTaken) this.#options.onSent?.(topic, payload);
      return isTaken;
    }
    const isSent = this.frames.trySend(topic, payload);
    if (isSent) this.#noteSent(topic, payload);
    return isSent;
  }

  async #sendFrame(topic: string, payload: Uint8Array, bounds: WaitOptions): Promise<void> {
    await this.frames.send(topic, payload, bounds);
    this.#noteSent(topic, payload);
  }

  #noteSent(topic: string, payload: Uint8Array): void {
    this.#countSent(payload.length);
    this.#options.onSent?.(topic, payload);
  }

  #countSent(bytes: number): void {
    this.sent.events++;
    this.sent.bytes += bytes;
  }
}
