import { DriverError } from "../../../contract/errors.ts";
import type { DropReason } from "../../../contract/health.ts";
import { HealthStream } from "../../../contract/health_stream.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type { DriverContext, SubscriberCounters } from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { FrameChecks } from "../../frame_checks.ts";
import { Notifier } from "../../notifier.ts";
import { redisReceiveQueue, redisReceiveQueueBytes } from "./options.ts";
import { FrameQueue, type FrameQueueOptions } from "./queue.ts";

/** What a subscriber says of itself while somebody waits until it is ready. */
export interface Readiness {
  readonly isReady: () => boolean;
  /** Why it never will be. */
  readonly refusal: () => DriverError | undefined;
}

/** What the subscribers of channels and of streams share: queue, health, waiting, and the end. */
export class ReadingEnd {
  readonly health = new HealthStream();
  /** Told of whatever {@linkcode ReadingEnd.ready} may wait for. */
  readonly changed = new Notifier();
  readonly checks: FrameChecks;
  readonly queue: FrameQueue;
  readonly maxEventBytes: number;
  /** Of the server that is read, once it is known. */
  address = "";
  /** Frames that were counted and not handed out. */
  dropped = 0;
  /** Why there is no session just now. */
  lastError: unknown;

  constructor(
    { settings }: DriverContext,
    hooks: Pick<FrameQueueOptions, "onEmpty" | "onTaken"> = { onEmpty: () => {} },
  ) {
    this.maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.checks = new FrameChecks(this.maxEventBytes);
    this.queue = new FrameQueue({
      maxFrames: settings.get(redisReceiveQueue),
      maxOctets: settings.get(redisReceiveQueueBytes),
      ...hooks,
    });
  }

  get counters(): SubscriberCounters {
    return { received: this.queue.received, dropped: this.dropped };
  }

  /** @throws {DriverError} `ADDRESS_INVALID` always: publishers are met at the broker */
  refuseListenAddress(address: string): never {
    const why = `its events come from the broker "${this.address}"`;
    throw new DriverError("ADDRESS_INVALID", `Cannot subscribe to "${address}": ${why}`);
  }

  /** @throws {RangeError} for a topic that is none */
  checkTopic(topic: string): void {
    this.queue.refuseWhenClosed();
    this.checks.topic(topic);
  }

  /** @throws {DriverError} the refusal, or `SEND_TIMEOUT` with the last error as its cause */
  async ready({ isReady, refusal }: Readiness, options: WaitOptions): Promise<void> {
    const isOver = () => this.queue.isClosed || refusal() !== undefined || isReady();
    const inTime = await this.changed.until(isOver, options);
    this.queue.refuseWhenClosed();
    const refused = refusal();
    if (refused !== undefined) throw refused;
    if (inTime) return;
    const message = `Not subscribed after ${
      (options.timeoutMs ?? Infinity) / 1000
    } s at "${this.address}"`;
    throw new DriverError("SEND_TIMEOUT", message, { cause: this.lastError });
  }

  /** Counts a frame that is not handed out, and tells. */
  drop(reason: DropReason): void {
    this.dropped++;
    this.health.publish({ kind: "dropped", reason, total: this.dropped });
  }

  /** Ends the reader and whoever waits, then the sessions. */
  async close(sessions: { close(): Promise<void> }): Promise<void> {
    this.queue.close();
    this.changed.notify();
    await sessions.close();
    this.health.close();
  }
}
