import { Broadcast, Channel } from "../../../drivers/contract/channel.ts";
import { DriverError } from "../../../drivers/contract/errors.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type {
  CloseReport,
  Frame,
  FramePublisher,
  FrameSubscriber,
  PubSubDriver,
  StopReport,
} from "../../../drivers/contract/pubsub.ts";

/** A frame from a local publisher that the service has not yet acknowledged. */
interface Unanswered extends Frame {
  readonly answer: PromiseWithResolvers<void>;
}

/**
 * An in-process driver for one host that confirms frames. A send resolves when the service requests
 * the batch after the one that holds its event. It rejects when the service refuses the event or
 * ends first.
 */
export class ConfirmingLocal implements PubSubDriver {
  readonly name = "confirming";
  readonly traits = {
    reach: "host",
    listensToAddresses: false,
    fanOut: "one",
    delivery: "waits",
    begins: [],
    liveProof: "local",
    confirms: true,
  } as const;
  #service: Service | undefined;

  openPublisher(): Promise<FramePublisher> {
    return Promise.resolve(new LocalEnd((frame) => this.#service?.take(frame) === true));
  }

  openSubscriber(): Promise<FrameSubscriber> {
    this.#service = new Service();
    return Promise.resolve(this.#service);
  }
}

class LocalEnd implements FramePublisher {
  readonly address = "confirming:";
  readonly health = new Broadcast<HealthEvent>();
  readonly isAcknowledged = true;
  readonly #give: (frame: Unanswered) => boolean;

  constructor(give: (frame: Unanswered) => boolean) {
    this.#give = give;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    const answer = Promise.withResolvers<void>();
    answer.promise.catch(() => {});
    return this.#give({ topic, payload: payload.slice(), answer });
  }

  async send(topic: string, payload: Uint8Array): Promise<void> {
    const answer = Promise.withResolvers<void>();
    if (this.#give({ topic, payload: payload.slice(), answer })) return await answer.promise;
    throw new DriverError("NO_PUBLISHER_SERVICE", "There is no publisher service");
  }

  close(): Promise<CloseReport> {
    this.health.close();
    return Promise.resolve({ flushed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

class Service implements FrameSubscriber {
  readonly boundAddress = "confirming:";
  readonly health = new Broadcast<HealthEvent>();
  readonly counters = { received: 0, dropped: 0 };
  readonly #frames = new Channel<Unanswered>({ capacity: 10_000, overflow: "refuse" });
  readonly #unanswered = new Set<Frame>();
  readonly #ended = Promise.withResolvers<void>();

  take(frame: Unanswered): boolean {
    const isTaken = this.#frames.push(frame);
    if (isTaken) this.#unanswered.add(frame);
    return isTaken;
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    try {
      for await (const first of this.#frames) {
        const batch = [first];
        while (this.#frames.size > 0) batch.push((await this.#frames.next()).value);
        yield batch;
        for (const frame of batch) {
          if (this.#unanswered.delete(frame)) frame.answer.resolve();
        }
      }
    } finally {
      this.#ended.resolve();
    }
  }

  refuse(frame: Frame): void {
    if (!this.#unanswered.delete(frame)) return;
    if ("answer" in frame) (frame as Unanswered).answer.reject(refused());
  }

  async stop(): Promise<StopReport> {
    this.#frames.close();
    await this.#ended.promise;
    return { drained: true };
  }

  registerListenAddress(): void {}
  unregisterListenAddress(): void {}
  registerTopic(): void {}
  unregisterTopic(): void {}
  async ready(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    this.#frames.close();
    for (const frame of this.#unanswered) (frame as Unanswered).answer.reject(lost());
    this.#unanswered.clear();
    this.health.close();
    return Promise.resolve();
  }
}

function refused(): DriverError {
  return new DriverError("REFUSED", "The publisher service refused the event");
}

function lost(): DriverError {
  const message = "The connection to the publisher service was lost before it accepted the event";
  return new DriverError("TRANSPORT_FAILED", message, { isUncertain: true });
}
