import type { DriverError } from "../../../contract/errors.ts";
import type { DriverContext, FramePublisher } from "../../../contract/pubsub.ts";
import type { SendGroup } from "../../../contract/send_group.ts";
import { waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { BrokerPublisher, type SendBounds } from "../../broker/broker_publisher.ts";
import { completeRedirection } from "../cluster_endpoints.ts";
import { explainRedis, isReply, redisError, wantsNewSession } from "../errors.ts";
import { redisUser } from "../settings.ts";
import { CommandBatch, type FailedCommand, type OnAnswer, payloadOf } from "./batch.ts";
import type { RedisNode } from "../node.ts";
import { redisPublishWindow } from "./options.ts";
import { openPublishRoutes } from "./publish_permission.ts";
import { type RedisOfSlot, RedisRoutes } from "./routes.ts";
import type { PublishWire } from "./wire.ts";

const WINDOW_BYTES = 64 * 1024 * 1024;
/** Time after which a frame is offered again to a cluster that is moving its slot. */
const RETRY_MS = 50;

/**
 * Publishes through a Redis server: frames that are sent together leave in one write, and every
 * frame has a reply. At most a window of frames is without a reply. A frame that a server may have
 * received is never sent twice: without a reply when the connection is lost, it has failed and is
 * uncertain. A frame that the wrong server has refused is offered again, by {@linkcode send} within
 * its bounds, and by {@linkcode trySendIn} until the publisher is closed.
 */
export class RedisPublisher extends BrokerPublisher<RedisRoutes> {
  applied?: NonNullable<FramePublisher["applied"]>;
  readonly #user: string | undefined;
  readonly #wire: PublishWire;
  readonly #window: number;
  readonly #batches = new Map<RedisNode, CommandBatch>();
  #inFlight = 0;
  #bytesInFlight = 0;

  /** @throws {DriverError} `TRANSPORT_FAILED`, or `PERMISSION_DENIED` if the user may not publish */
  static async open(context: DriverContext, wire: PublishWire): Promise<RedisPublisher> {
    const purpose = { name: "publisher", isSpread: wire.isSpread };
    const first = await openPublishRoutes(context, purpose, wire);
    const publisher = new RedisPublisher(context, wire, {
      address: first.connection.label,
      open: () => RedisRoutes.open(context, purpose),
    });
    publisher.keeper.startWith(first);
    return publisher;
  }

  private constructor(
    context: DriverContext,
    wire: PublishWire,
    place: { readonly address: string; readonly open: () => Promise<RedisRoutes> },
  ) {
    const user = redisUser(context.settings);
    const explain = (error: Error) => `Redis did not confirm events: ${explainRedis(error, user)}`;
    super(context, { name: "Redis", ...place, explain });
    this.#user = user;
    this.#wire = wire;
    this.#window = context.settings.get(redisPublishWindow);
  }

  protected get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    return !this.hasQueue && this.#accept(topic, payload, this.#noteAnswer);
  }

  readonly #noteAnswer = (failed?: FailedCommand) => {
    if (failed !== undefined) this.unsent.note(failed.error);
  };

  // Without a promise: those of a whole batch would outlive the young generation. An event of the
  // relay takes a third of the processor time of `send` (`deno task bench --only redis`).
  trySendIn(group: SendGroup, topic: string, payload: Uint8Array): boolean {
    const { length: size } = payload;
    const place = group.taken;
    const isTaken = !this.hasQueue && this.#accept(topic, payload, (failed) => {
      if (failed === undefined) return group.accept(size);
      this.#finish(topic, payloadOf(failed, size), { timeoutMs: Infinity }, failed.error)
        .then(() => group.accept(size), (error) => group.fail(place, error));
    });
    if (isTaken) group.taken++;
    return isTaken;
  }

  send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    return this.#finish(topic, payload, options);
  }

  /** Sends a frame until a server accepts or refuses it; `refusal` is an earlier refusal. */
  async #finish(
    topic: string,
    payload: Uint8Array,
    options: WaitOptions,
    refusal?: Error,
  ): Promise<void> {
    const bounds = this.boundsOf(options);
    const { leftMs } = bounds;
    const send = () => this.#sendOnce(topic, payload, options.signal, bounds);
    for (let error = refusal ?? await send(); error !== undefined; error = await send()) {
      const isElsewhere = wantsNewSession(error) || /^(ASK|TRYAGAIN)\b/.test(error.message);
      if (!isElsewhere || leftMs() === 0) throw this.#unsentError(topic, error);
      await this.changed.wait({ ...options, timeoutMs: Math.min(RETRY_MS, leftMs()) });
    }
  }

  /** The error for a frame that the server has refused, or that had no reply. */
  #unsentError(topic: string, error: Error): DriverError {
    const isRefused = isReply(error);
    return redisError(`publish on topic "${topic}"`, error, {
      code: isRefused ? "REFUSED" : "TRANSPORT_FAILED",
      label: this.address,
      username: this.#user,
      isUncertain: !isRefused,
    });
  }

  /** The reply of the server: undefined if it has accepted the frame. */
  async #sendOnce(
    topic: string,
    payload: Uint8Array,
    signal: AbortSignal | undefined,
    bounds: SendBounds,
  ): Promise<Error | undefined> {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    const accept = () => this.#accept(topic, payload, (failed) => resolve(failed?.error));
    if (signal?.aborted || this.hasQueue || !accept()) await this.untilRoom(accept, bounds);
    const late = () => {
      throw this.late(`did not confirm an event on topic "${topic}"`, bounds, true);
    };
    return await waitFor(promise, bounds.left(), late);
  }

  #accept(topic: string, payload: Uint8Array, onSent: OnAnswer): boolean {
    this.refuseWhenClosed();
    this.checks.check(topic, payload);
    const session = this.keeper.session;
    if (session === undefined) return false;
    if (this.#inFlight >= this.#window || this.#bytesInFlight >= WINDOW_BYTES) return false;
    const { bytes, slot } = this.#wire.head(topic);
    const node = session.node(slot);
    if (node.isOver) return false;
    this.#batchFor(node, bytes, payload).add(bytes, payload, onSent);
    this.#inFlight++;
    return true;
  }

  #batchFor(node: RedisNode, head: Uint8Array, payload: Uint8Array): CommandBatch {
    const open = this.#batches.get(node);
    if (open?.fits(head, payload)) return open;
    if (open === undefined) queueMicrotask(() => this.#flush(node));
    else this.#send(node, open);
    const batch = this.#newBatch();
    batch.follow = (failed) => this.#follow(node, failed);
    this.#batches.set(node, batch);
    return batch;
  }

  readonly #newBatch = () => new CommandBatch(this.#wire.command, (error) => this.#onAnswer(error));

  /** Sends a frame to the server to which its slot is moving, in the order of the replies. */
  #follow({ redis }: RedisNode, command: FailedCommand): boolean {
    const redirection = completeRedirection(command.error.message, redis.options.host ?? "");
    const [, address] = /^ASK \d+ (\S+)$/.exec(redirection) ?? [];
    if (address === undefined) return false;
    const node = this.keeper.session?.nodeAt(address);
    if (node === undefined || node.isOver) return false;
    const batch = this.#newBatch();
    batch.addAgain(command);
    node.redis.asking().catch(() => {});
    this.#send(node, batch);
    return true;
  }

  #flush(node: RedisNode): void {
    const batch = this.#batches.get(node);
    this.#batches.delete(node);
    if (batch !== undefined) this.#send(node, batch);
  }

  #send(node: RedisNode, batch: CommandBatch): void {
    this.#bytesInFlight += batch.size;
    batch.onComplete = () => this.#bytesInFlight -= batch.size;
    batch.sendBy(node.redis);
  }

  #onAnswer(error: Error | undefined): void {
    this.#inFlight--;
    // A new search finds the right server.
    if (error !== undefined && wantsNewSession(error)) {
      this.keeper.session?.fail(explainRedis(error, this.#user));
    }
    if (this.#inFlight <= this.#window / 2) this.changed.notify();
  }

  /** The connection to the server of a slot, if there is one. */
  readonly redis: RedisOfSlot = (slot) => this.keeper.session?.node(slot).redis;
}
