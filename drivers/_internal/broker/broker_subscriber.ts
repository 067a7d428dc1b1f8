import { DriverError } from "../../contract/errors.ts";
import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  FrameSubscriber,
  StopReport,
  SubscriberCounters,
  TopicOptions,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { FrameQueue } from "../frame_queue.ts";

/** What a {@linkcode BrokerSubscriber} needs besides its context. */
export interface BrokerSubscriberOptions {
  /** Maximum number of queued frames. */
  readonly maxFrames: number;
  /** Maximum size of queued frames, in bytes. */
  readonly maxBytes: number;
}

/**
 * The common part of the subscribers of brokers: queue, health and waiting.
 *
 * Each interruption causes exactly one `disconnected` and, after its end, one `live`, even if
 * several faults cause it.
 */
export abstract class BrokerSubscriber implements FrameSubscriber {
  readonly boundAddress = undefined;
  readonly health = new HealthStream();
  protected readonly log: DriverContext["log"];
  protected readonly queue: FrameQueue;
  protected readonly maxEventBytes: number;
  /** The address of the server, once it is known. */
  protected address = "";
  /** Number of frames that were counted and dropped. */
  protected dropped = 0;
  protected readonly checks: FrameChecks;
  readonly #changed = new Notifier();
  #isLive = false;
  #wasInterrupted = false;
  /** Why the broker is not connected now. */
  protected lastError: unknown;
  #disposed: Promise<void> | undefined;

  constructor({ settings, log }: DriverContext, { maxFrames, maxBytes }: BrokerSubscriberOptions) {
    this.log = log;
    this.maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.checks = new FrameChecks(this.maxEventBytes);
    this.queue = new FrameQueue({
      maxFrames,
      maxBytes,
      onEmpty: () => this.onEmpty(),
      onTaken: () => this.onTaken(),
    });
  }

  abstract registerTopic(topic: string, options?: TopicOptions): void;
  abstract unregisterTopic(topic: string): void;

  /** Whether the server delivers every topic. */
  protected abstract readonly isReady: boolean;
  /** Whether events arrive again, as far as permissions allow. */
  protected abstract readonly isSettled: boolean;
  /** Why {@linkcode BrokerSubscriber.isReady} will never be true. */
  protected abstract readonly refusal: DriverError | undefined;
  /** Whether the broker is connected. */
  protected abstract readonly isConnected: boolean;
  /** Resolves when everything that was published before was read, or after the timeout. */
  protected abstract catchUp(options: WaitOptions): Promise<void>;
  /** Disconnects. */
  protected abstract disconnect(): Promise<void>;
  /** Called each time the reader has taken everything, before it waits. */
  protected onEmpty(): void {}
  /** Called after each batch that the reader has taken. */
  protected onTaken(): void {}

  /** Whether it was interrupted and is not live again. */
  protected get isInterrupted(): boolean {
    return this.#wasInterrupted && !this.#isLive;
  }

  get counters(): SubscriberCounters {
    return { received: this.queue.received, dropped: this.dropped };
  }

  get arrived(): number {
    return this.queue.received + this.queue.size;
  }

  /** @throws {DriverError} `ADDRESS_INVALID` always: subscribers connect to the broker */
  registerListenAddress(address: string): void {
    const why = `its events come from the broker "${this.address}"`;
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  unregisterListenAddress(_address: string): void {}

  /** @throws {RangeError} for an invalid topic */
  protected checkTopic(topic: string): void {
    this.queue.refuseWhenClosed();
    this.checks.topic(topic);
  }

  /** @throws {DriverError} the refusal, or `SEND_TIMEOUT` with the last error as its cause */
  async ready(options: WaitOptions = {}): Promise<void> {
    const isOver = () => this.queue.isClosed || this.refusal !== undefined || this.isReady;
    const inTime = await this.#changed.until(isOver, options);
    this.queue.refuseWhenClosed();
    if (this.refusal !== undefined) throw this.refusal;
    if (inTime) return;
    const waited = (options.timeoutMs ?? Infinity) / 1000;
    const message = `Not subscribed after ${waited} s at "${this.address}"`;
    throw new DriverError("SEND_TIMEOUT", message, { cause: this.lastError });
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.queue.batches();
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    await this.catchUp(options);
    return { drained: await this.queue.stop(options) };
  }

  /**
   * Reports `live` when events arrive again, and makes {@linkcode BrokerSubscriber.ready} check again.
   */
  protected onChange(): void {
    if (!this.#isLive && this.isConnected && this.isSettled) {
      this.#isLive = true;
      this.health.publish({ kind: "live", address: this.address, proof: "confirmed" });
    }
    this.#changed.notify();
  }

  /** Reports `disconnected`, unless the interruption was reported already. */
  protected interrupt(reason: string): void {
    if (this.isInterrupted) return;
    this.#isLive = false;
    this.#wasInterrupted = true;
    this.health.publish({ kind: "disconnected", address: this.address, reason });
  }

  /** Counts and reports a dropped frame. */
  protected drop(reason: DropReason): void {
    this.dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.dropped });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.queue.close();
    this.#changed.notify();
    await this.disconnect();
    this.health.close();
  }
}
