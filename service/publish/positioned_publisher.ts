import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { refuseForeignStamp } from "../event/codec/foreign_stamp.ts";
import { StampWriter } from "../event/codec/stamp_writer.ts";
import { SendTime } from "../base/send_time.ts";
import { type TopicPosition, TopicPositions } from "./topic_positions.ts";

/** How a {@linkcode PositionedPublisher} is made. */
export interface PositionedPublisherOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The time. */
  readonly clock: Clock;
  /**
   * Maximum size of a payload that the driver sends, in bytes. An event that has no room in it for
   * its stamp goes out without one and uses no seq; with another's stamp it is refused.
   */
  readonly maxEventBytes: number;
  /**
   * Whether a send resolves when the other end has accepted the event. Sends then get their seqs as
   * they are called and are under way together; one that fails leaves a hole in the seqs of its topic,
   * so that subscribers notice that an event is lost.
   *
   * @default false
   */
  readonly confirms?: boolean;
  /** How many of the topics used last keep their position. @default 131,072 */
  readonly rememberedTopics?: number;
}

/**
 * A driver's publisher whose events carry their positions: the publisher's id, the epoch, a seq that
 * counts 1, 2, 3… under each topic, and the time.
 *
 * An event that the driver did not take has used no seq. While one send waits for room the others
 * wait behind it, and {@linkcode trySend} is false.
 */
export class PositionedPublisher implements FramePublisher {
  /** Totals of what the driver has taken. */
  readonly sent: { events: number; bytes: number } = { events: 0, bytes: 0 };
  readonly #frames: FramePublisher;
  readonly #options: PositionedPublisherOptions;
  readonly #positions: TopicPositions;
  readonly #stamp: StampWriter;
  readonly #time: SendTime;
  /** Of sends that wait for room: the others keep their order behind it. */
  readonly #room = new Semaphore(1);
  #scratch = new Uint8Array(4096);

  /** @param frames a driver's publisher, which is closed with this one */
  constructor(frames: FramePublisher, options: PositionedPublisherOptions) {
    this.#frames = frames;
    this.#options = options;
    this.#positions = new TopicPositions(options.clock, options.rememberedTopics);
    this.#stamp = new StampWriter(options.id, 1);
    this.#time = new SendTime(options.clock);
  }

  get address(): string {
    return this.#frames.address;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** The topics that have a position: those it has sent events of, unless that was long ago. */
  topics(): IterableIterator<string> {
    return this.#positions.topics();
  }

  /** The position of the last event of a topic; undefined without one. */
  positionOf(topic: string): Readonly<TopicPosition> | undefined {
    const position = this.#positions.find(topic);
    return position?.seq === 0 ? undefined : position;
  }

  /**
   * Sends an event with its position, without waiting; false when the driver did not take it, or
   * another waits. Throws what the driver's throws.
   *
   * @param stampOffset where the payload ends with another's stamp, which is replaced; -1 without
   */
  trySend(topic: string, payload: Uint8Array, stampOffset = -1): boolean {
    return this.#tryStamped(topic, payload, stampOffset);
  }

  /** A group for {@linkcode trySendIn}, whose accepted events are counted. */
  openGroup(): SendGroup {
    return new SendGroup((bytes) => this.#countSent(bytes));
  }

  /** As {@linkcode trySend}, of a broker: the group receives the answer. */
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
    const size = this.#stampedSize(payload, stampOffset);
    if (size === 0) return this.#handOver(topic, payload, group);
    const position = this.#positions.of(topic);
    const stamped = this.#scratchOf(size);
    this.#write(payload, stamped, position);
    if (!this.#handOver(topic, stamped, group)) return false;
    position.seq++;
    return true;
  }

  /**
   * Sends an event with its position and waits for room, or until the other end has accepted it,
   * within bounds that count the wait for others. Rejects as the driver's does.
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

  /** Closes the driver's end. Closing twice is fine. */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    return this.#frames.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames[Symbol.asyncDispose]();
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
      const message = `Cannot send: other events were first for ${timeoutMs / 1000} s`;
      throw new DriverError("SEND_TIMEOUT", message);
    });
    const leftMs = Math.max(0, Math.ceil(deadline - clock.monotonic()));
    const left = timeoutMs === Infinity ? bounds : { ...bounds, timeoutMs: leftMs };
    const size = this.#stampedSize(payload, stampOffset);
    if (size === 0) return await this.#sendFrame(topic, payload, left);
    const position = this.#positions.of(topic);
    // No other send writes before the permit is free again, so these bytes stay as they are.
    const stamped = this.#scratchOf(size);
    this.#write(payload, stamped, position);
    await this.#sendFrame(topic, stamped, left);
    position.seq++;
  }

  /** The bytes are a copy: the driver may send them later. */
  async #sendUnderWay(
    topic: string,
    payload: Uint8Array,
    stampOffset: number,
    bounds: WaitOptions,
  ): Promise<void> {
    const size = this.#stampedSize(payload, stampOffset);
    const stamped = size === 0 ? payload : new Uint8Array(size);
    if (size > 0) {
      const position = this.#positions.of(topic);
      this.#write(payload, stamped, position);
      position.seq++;
    }
    await this.#frames.send(topic, stamped, bounds);
    this.#countSent(stamped.length);
  }

  /** How many bytes a payload has with its stamp; 0 when it goes as it is. */
  #stampedSize(payload: Uint8Array, stampOffset: number): number {
    const size = this.#stamp.plan(payload, stampOffset);
    if (size > this.#options.maxEventBytes) refuseForeignStamp(payload);
    return size <= this.#options.maxEventBytes ? size : 0;
  }

  #write(payload: Uint8Array, stamped: Uint8Array, { epoch, seq }: TopicPosition): void {
    this.#stamp.epoch = epoch;
    this.#stamp.write(payload, stamped, 0, seq + 1, this.#time.micros());
  }

  #handOver(topic: string, payload: Uint8Array, group: SendGroup | undefined): boolean {
    if (group !== undefined) return this.#frames.trySendIn?.(group, topic, payload) ?? false;
    const isSent = this.#frames.trySend(topic, payload);
    if (isSent) this.#countSent(payload.length);
    return isSent;
  }

  async #sendFrame(topic: string, payload: Uint8Array, bounds: WaitOptions): Promise<void> {
    await this.#frames.send(topic, payload, bounds);
    this.#countSent(payload.length);
  }

  #countSent(bytes: number): void {
    this.sent.events++;
    this.sent.bytes += bytes;
  }

  #scratchOf(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size * 2);
    return this.#scratch.subarray(0, size);
  }
}
