import { DriverError } from "../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../drivers/contract/pubsub.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import { refuseForeignStamp } from "../event/codec/foreign_stamp.ts";
import { StampWriter } from "../event/codec/stamp_writer.ts";
import { newEpoch } from "../base/epoch.ts";
import { isPrivateTopic } from "../event/codec/topic.ts";
import { SendTime } from "../base/send_time.ts";
import { type ReplayBounds, type TopicPosition, TopicPositions } from "./topic_positions.ts";

/** Who publishes, and what is kept of it. */
export interface PositionedPublisherOptions {
  /** The publisher's id, a UUID in lower case. */
  readonly id: string;
  /** The time. */
  readonly clock: Clock;
  /**
   * The most octets of a payload that the driver sends. An event that has no room in it for its
   * stamp goes out without one and uses no position; with another's it is refused.
   */
  readonly maxEventBytes: number;
  /**
   * Whether a send resolves with a broker's word. Sends are then numbered as they are called and are
   * under way together; one that fails leaves a gap, as nobody knows whether it arrived.
   *
   * @default false
   */
  readonly confirms?: boolean;
  /** What is kept for those who missed events. @default nothing */
  readonly replay?: ReplayBounds;
}

/** Hands a stamped event over; false when it was not taken. */
type HandOver = FramePublisher["trySend"];

const NO_STAMP = -1;

/**
 * A driver's publisher whose events carry their positions: the publisher's id, its epoch, a number
 * that counts 1, 2, 3… under each topic, and the time.
 *
 * What the driver did not take has used no number. While one send waits for room the others wait
 * behind it, and {@linkcode trySend} is false. Frames of private topics pass as they are. An event
 * is stamped straight into the memory that it is kept in, and sent from there.
 */
export class PositionedPublisher implements FramePublisher {
  /** The number of this start. */
  readonly epoch: number;
  readonly #frames: FramePublisher;
  readonly #options: PositionedPublisherOptions;
  readonly #positions: TopicPositions;
  readonly #stamp: StampWriter;
  readonly #time: SendTime;
  /** Of sends that wait for room: the others keep their order behind it. */
  readonly #room = new Semaphore(1);
  readonly #handOver: HandOver;
  readonly #handOverToAll: HandOver;
  readonly #companions: AsyncDisposable[] = [];
  /** Memory to stamp events in that are not kept. */
  #scratch = new Uint8Array(4096);

  /**
   * Nothing is sent yet.
   *
   * @param frames a driver's publisher, which is closed with this one
   */
  constructor(frames: FramePublisher, options: PositionedPublisherOptions) {
    this.#frames = frames;
    this.#options = options;
    this.epoch = newEpoch(options.clock);
    this.#positions = new TopicPositions(options.replay);
    this.#stamp = new StampWriter(options.id, this.epoch);
    this.#time = new SendTime(options.clock);
    this.#handOver = (topic, payload) => frames.trySend(topic, payload);
    this.#handOverToAll = (topic, payload) => frames.trySendToAll(topic, payload);
  }

  /** The publisher's id. */
  get id(): string {
    return this.#options.id;
  }

  get address(): string {
    return this.#frames.address;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#frames.health;
  }

  /** The topics that have a position, at most some thousands. */
  topics(): IterableIterator<string> {
    return this.#positions.topics();
  }

  /** The position of the last event under a topic; what comes next is one more. */
  position(topic: string): number {
    return this.#positions.seqOf(topic);
  }

  /** An event as it was sent, a view that is valid until the next send; undefined if not kept. */
  kept(topic: string, position: number): Uint8Array | undefined {
    return this.#positions.ring(topic)?.event(position);
  }

  /** The oldest position under a topic that is kept; 0 without one. */
  firstKept(topic: string): number {
    return this.#positions.ring(topic)?.first ?? 0;
  }

  /**
   * Sends an event with its position, without waiting; false when the driver did not take it, or
   * another waits. Throws what the driver's throws.
   *
   * @param stampOffset where the payload ends with another's stamp, which is replaced; -1 without
   */
  trySend(topic: string, payload: Uint8Array, stampOffset: number = NO_STAMP): boolean {
    if (isPrivateTopic(topic)) return this.#frames.trySend(topic, payload);
    if (!this.#room.isFree) return false;
    return this.#sendNow(topic, payload, stampOffset, this.#handOver);
  }

  /** The same, when no subscriber of the topic is behind. */
  trySendToAll(topic: string, payload: Uint8Array, stampOffset: number = NO_STAMP): boolean {
    if (isPrivateTopic(topic)) return this.#frames.trySendToAll(topic, payload);
    if (!this.#room.isFree) return false;
    return this.#sendNow(topic, payload, stampOffset, this.#handOverToAll);
  }

  /**
   * Sends an event with its position and waits for room, or for a broker's word, within bounds that
   * count the wait for others. Rejects as the driver's does.
   */
  async send(
    topic: string,
    payload: Uint8Array,
    options: WaitOptions & { readonly stampOffset?: number } = {},
  ): Promise<void> {
    const { stampOffset = NO_STAMP, ...bounds } = options;
    if (isPrivateTopic(topic)) return await this.#frames.send(topic, payload, bounds);
    bounds.signal?.throwIfAborted();
    if (this.#options.confirms) await this.#sendUnderWay(topic, payload, stampOffset, bounds);
    else if (!this.trySend(topic, payload, stampOffset)) {
      await this.#sendInTurn(topic, payload, stampOffset, bounds);
    }
  }

  /** Has something disposed before the driver's end is closed. */
  closeWith(companion: AsyncDisposable): void {
    this.#companions.push(companion);
  }

  /** Closes what belongs to it and then the driver's end. Closing twice is fine. */
  async close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    await this.#disposeCompanions();
    return await this.#frames.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposeCompanions();
    await this.#frames[Symbol.asyncDispose]();
  }

  async #disposeCompanions(): Promise<void> {
    for (const companion of this.#companions) await companion[Symbol.asyncDispose]();
  }

  #sendNow(topic: string, payload: Uint8Array, stampOffset: number, handOver: HandOver): boolean {
    const size = this.#stampedSize(payload, stampOffset);
    if (size === 0) return handOver(topic, payload);
    const position = this.#positions.of(topic);
    const octets = position.ring?.reserve(size) ?? this.#scratchOf(size);
    this.#write(payload, octets, position);
    if (!handOver(topic, octets)) return false;
    commit(position, octets);
    return true;
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
    if (size === 0) return await this.#frames.send(topic, payload, left);
    const position = this.#positions.of(topic);
    // No other send writes before the permit is free again, so these bytes stay as they are.
    const octets = position.ring?.reserve(size) ?? this.#scratchOf(size);
    this.#write(payload, octets, position);
    await this.#frames.send(topic, octets, left);
    commit(position, octets);
    // It may have been forgotten meanwhile: its number is used all the same.
    const now = this.#positions.of(topic);
    now.seq = Math.max(now.seq, position.seq);
  }

  /** The octets are of their own: a broker's client may send them later. */
  async #sendUnderWay(
    topic: string,
    payload: Uint8Array,
    stampOffset: number,
    bounds: WaitOptions,
  ): Promise<void> {
    const size = this.#stampedSize(payload, stampOffset);
    if (size === 0) return await this.#frames.send(topic, payload, bounds);
    const position = this.#positions.of(topic);
    const octets = new Uint8Array(size);
    this.#write(payload, octets, position);
    const kept = position.ring?.reserve(size);
    kept?.set(octets);
    commit(position, kept ?? octets);
    await this.#frames.send(topic, octets, bounds);
  }

  /** How many octets a payload has with its stamp; 0 when it goes as it is. */
  #stampedSize(payload: Uint8Array, stampOffset: number): number {
    const size = this.#stamp.plan(payload, stampOffset);
    if (size > this.#options.maxEventBytes) refuseForeignStamp(payload);
    return size <= this.#options.maxEventBytes ? size : 0;
  }

  #write(payload: Uint8Array, octets: Uint8Array, { seq }: TopicPosition): void {
    this.#stamp.write(payload, octets, 0, seq + 1, this.#time.micros());
  }

  #scratchOf(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size * 2);
    return this.#scratch.subarray(0, size);
  }
}

/** The number is used, and the event kept where events are. */
function commit(position: TopicPosition, octets: Uint8Array): void {
  position.seq++;
  position.ring?.commit(octets, position.seq);
}
