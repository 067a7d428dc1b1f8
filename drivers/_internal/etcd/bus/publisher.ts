import { DriverError, messageOf } from "../../../contract/errors.ts";
import type { CloseReport, DriverContext } from "../../../contract/pubsub.ts";
import type { SendGroup } from "../../../contract/send_group.ts";
import { waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { BrokerPublisher } from "../../broker/broker_publisher.ts";
import type { EtcdClient } from "../client.ts";
import { explainEtcd, isMaybeDone, NoAnswer } from "../errors.ts";
import { openBusClient } from "./bus_client.ts";
import { etcdBurst } from "./options.ts";
import { PublishSession } from "./publish_session.ts";
import { putEvents } from "./put_request.ts";
import { partsOf, QueuedFrame, SendQueue, type TopicPut } from "./send_queue.ts";

/** Maximum number of requests under way, each with other topics. */
const MAX_REQUESTS = 4;
/** Refusals of a request from which some of its events may be accepted in requests of their own. */
const OF_SOME = /permission denied|too large|larger than max|too many operations/;

/**
 * Publishes through etcd: a put for each event, or for several. Puts of several topics share a
 * transaction. An event that etcd may have accepted is never sent twice: without an answer it has
 * failed and is uncertain. An event that etcd has certainly not accepted because it had no leader,
 * or could not be reached, stays queued.
 */
export class EtcdPublisher extends BrokerPublisher<PublishSession> {
  readonly #client: EtcdClient;
  readonly #queue: SendQueue;
  #requests = 0;
  #isFlushDue = false;

  /** @throws {DriverError} `TRANSPORT_FAILED` */
  static async open(context: DriverContext): Promise<EtcdPublisher> {
    const client = await openBusClient(context);
    try {
      const session = await PublishSession.open(client);
      const publisher = new EtcdPublisher(context, client);
      publisher.keeper.startWith(session);
      return publisher;
    } catch (thrown) {
      client[Symbol.dispose]();
      throw thrown;
    }
  }

  private constructor(context: DriverContext, client: EtcdClient) {
    super(context, {
      name: "etcd",
      address: client.label,
      open: () => PublishSession.open(client),
      explain: messageOf,
    });
    this.#client = client;
    this.#queue = new SendQueue(context.settings.get(etcdBurst));
  }

  protected get isIdle(): boolean {
    return this.#queue.size === 0;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    this.#check(topic, payload);
    if (this.hasQueue || !this.#hasRoom) return false;
    const onAnswer = (error?: DriverError) => error && this.unsent.note(error);
    this.#add(new QueuedFrame(topic, payload.slice(), onAnswer));
    return true;
  }

  trySendIn(group: SendGroup, topic: string, payload: Uint8Array): boolean {
    this.#check(topic, payload);
    if (this.hasQueue || !this.#hasRoom) return false;
    const place = group.taken++;
    const onAnswer = (error?: DriverError) =>
      error === undefined ? group.accept(payload.length) : group.fail(place, error);
    this.#add(new QueuedFrame(topic, payload.slice(), onAnswer));
    return true;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    this.#check(topic, payload);
    options.signal?.throwIfAborted();
    const bounds = this.boundsOf(options);
    if (this.hasQueue || !this.#hasRoom) await this.untilRoom(() => this.#hasRoom, bounds);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAnswer = (error?: DriverError) => error === undefined ? resolve() : reject(error);
    const frame = new QueuedFrame(topic, payload, onAnswer);
    this.#add(frame);
    const late = () => {
      const isUncertain = !this.#queue.remove(frame);
      throw this.late(`did not confirm an event on topic "${topic}"`, bounds, isUncertain);
    };
    try {
      await waitFor(promise, bounds.left(), late);
    } catch (thrown) {
      this.#queue.remove(frame);
      throw thrown;
    }
  }

  #check(topic: string, payload: Uint8Array): void {
    this.refuseWhenClosed();
    this.checks.check(topic, payload);
  }

  get #hasRoom(): boolean {
    this.refuseWhenClosed();
    return this.keeper.session !== undefined && this.#queue.hasRoom;
  }

  /** Events that are added in one task share requests. */
  #add(frame: QueuedFrame): void {
    this.#queue.add(frame);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#requests < MAX_REQUESTS && this.keeper.session !== undefined) {
      const puts = this.#queue.take();
      if (puts.length === 0) return;
      this.#requests++;
      void this.#send(puts).finally(() => {
        this.#requests--;
        this.changed.notify();
        this.#flush();
      });
    }
  }

  /** Sends puts in one request, or else in smaller ones, one after the other. */
  async #send(puts: readonly TopicPut[]): Promise<void> {
    const requests = [puts];
    for (let next = requests.shift(); next !== undefined; next = requests.shift()) {
      const { session } = this.keeper;
      try {
        await putEvents(this.#client, next);
        session?.noteAnswer();
        this.#queue.settle(next);
      } catch (thrown) {
        const parts = partsOf(next);
        if (thrown instanceof NoAnswer) {
          session?.fail(thrown.message);
          if (thrown.isUncertain) this.#queue.settle(next, this.#unsentError(next, thrown));
          const unsent = thrown.isUncertain ? requests : [next, ...requests];
          return this.#queue.putBack(unsent.flat());
        }
        if (parts.length > 1 && OF_SOME.test(messageOf(thrown))) {
          requests.unshift(...parts.map((part) => [part]));
        } else this.#queue.settle(next, this.#unsentError(next, thrown));
      }
    }
  }

  #unsentError(puts: readonly TopicPut[], cause: unknown): DriverError {
    const topics = puts.map(({ topic }) => `"${topic}"`);
    const more = topics.length > 1 ? ` and ${topics.length - 1} more` : "";
    const what = `cannot publish on topic ${topics[0]}${more}`;
    const isAnswered = !(cause instanceof NoAnswer);
    const isUncertain = !isAnswered || isMaybeDone(cause);
    const code = isAnswered ? "REFUSED" : "TRANSPORT_FAILED";
    const message = `etcd "${this.address}": ${what}: ${explainEtcd(cause)}`;
    return new DriverError(code, message, { cause, isUncertain });
  }

  protected override onUp(): void {
    super.onUp();
    this.#flush();
  }

  protected override async closeOnce(timeoutMs: number): Promise<CloseReport> {
    const report = await super.closeOnce(timeoutMs);
    this.#client[Symbol.dispose]();
    return report;
  }
}
