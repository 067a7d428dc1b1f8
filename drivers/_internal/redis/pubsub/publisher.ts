import { Broadcast } from "../../../contract/channel.ts";
import { DriverError } from "../../../contract/errors.ts";
import type { HealthEvent } from "../../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { FrameChecks } from "../../frame_checks.ts";
import { Notifier } from "../../notifier.ts";
import { redisError } from "../errors.ts";
import { redisUser } from "../settings.ts";
import { CommandBatch } from "./batch.ts";
import { bounded } from "./bounded.ts";
import { SendFailures } from "./failures.ts";
import { SessionKeeper } from "./keeper.ts";
import type { RedisNode } from "./node.ts";
import { redisPublishWindow } from "./options.ts";
import { openPublishRoutes } from "./publish_permission.ts";
import { RedisRoutes } from "./routes.ts";
import type { PublishWire } from "./wire.ts";

const SEND_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;
const WINDOW_OCTETS = 64 * 1024 * 1024;

/** Told whether one frame was confirmed. */
type OnSent = (error: Error | undefined) => void;

/**
 * Publishes through a Redis server: what is sent in one go leaves in one write, and every frame is
 * answered. No more than a window of frames is ever without an answer. Nothing is sent twice: what
 * had no answer when the connection was lost has failed, although the server may have had it.
 */
export class RedisPublisher implements FramePublisher {
  readonly health = new Broadcast<HealthEvent>();
  readonly address: string;
  readonly #user: string | undefined;
  readonly #checks: FrameChecks;
  readonly #wire: PublishWire;
  readonly #window: number;
  readonly #keeper: SessionKeeper<RedisRoutes>;
  readonly #failures: SendFailures;
  readonly #changed = new Notifier();
  readonly #batches = new Map<RedisNode, CommandBatch>();
  #inFlight = 0;
  #octetsInFlight = 0;
  #lastError: unknown;
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `TRANSPORT_FAILED`, also when the user may not publish */
  static async open(context: DriverContext, wire: PublishWire): Promise<RedisPublisher> {
    const purpose = { name: "publisher", isSpread: wire.isSpread };
    const first = await openPublishRoutes(context, purpose, wire);
    const publisher = new RedisPublisher(context, wire, {
      address: first.connection.label,
      open: () => RedisRoutes.open(context, purpose),
    });
    publisher.#keeper.startWith(first);
    return publisher;
  }

  private constructor(
    { settings, log }: DriverContext,
    wire: PublishWire,
    { address, open }: { readonly address: string; readonly open: () => Promise<RedisRoutes> },
  ) {
    this.address = address;
    this.#user = redisUser(settings);
    this.#wire = wire;
    this.#checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.#window = settings.get(redisPublishWindow);
    this.#failures = new SendFailures(this.health, { log, user: this.#user });
    this.#keeper = new SessionKeeper({
      open,
      onUp: () => this.#onUp(),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error) => this.#lastError = error,
    });
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    return this.#accept(topic, payload, this.#failures.onSent);
  }

  trySendToAll(topic: string, payload: Uint8Array): boolean {
    return this.trySend(topic, payload);
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    const { timeoutMs = SEND_TIMEOUT_MS } = options;
    const start = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onSent: OnSent = (error) =>
      error === undefined ? resolve() : reject(this.#failure(`publish on topic "${topic}"`, error));
    const accept = () => this.#accept(topic, payload, onSent);
    if (!(await this.#changed.until(accept, { ...options, timeoutMs }))) {
      throw this.#tooLate(`takes no event`, timeoutMs);
    }
    const late = () => this.#tooLate(`did not confirm an event on topic "${topic}"`, timeoutMs);
    const leftMs = Math.max(0, timeoutMs - (performance.now() - start));
    await bounded(promise, late, { ...options, timeoutMs: leftMs });
  }

  #accept(topic: string, payload: Uint8Array, onSent: OnSent): boolean {
    if (this.#closing !== undefined) {
      throw new DriverError("CLOSED", `Cannot send to "${this.address}": the publisher is closed`);
    }
    this.#checks.check(topic, payload);
    const session = this.#keeper.session;
    if (session === undefined) return false;
    if (this.#inFlight >= this.#window || this.#octetsInFlight >= WINDOW_OCTETS) return false;
    const { octets, slot } = this.#wire.head(topic);
    const node = session.node(slot);
    if (node.isOver) return false;
    const batch = this.#batchFor(node, CommandBatch.need(octets, payload));
    batch.add(octets, payload, onSent);
    this.#inFlight++;
    return true;
  }

  #batchFor(node: RedisNode, needed: number): CommandBatch {
    const open = this.#batches.get(node);
    if (open?.fits(needed)) return open;
    if (open === undefined) queueMicrotask(() => this.#flush(node));
    else this.#send(node, open);
    const batch = new CommandBatch(this.#wire.command, needed, (error) => this.#onAnswer(error));
    this.#batches.set(node, batch);
    return batch;
  }

  #flush(node: RedisNode): void {
    const batch = this.#batches.get(node);
    this.#batches.delete(node);
    if (batch !== undefined) this.#send(node, batch);
  }

  #send(node: RedisNode, batch: CommandBatch): void {
    this.#octetsInFlight += batch.size;
    batch.onComplete = () => this.#octetsInFlight -= batch.size;
    batch.sendBy(node.redis);
  }

  // A slot that has moved is found by looking at the cluster anew.
  #onAnswer(error: Error | undefined): void {
    this.#inFlight--;
    if (error !== undefined && /^MOVED /.test(error.message)) {
      this.#keeper.session?.fail("topics have moved to another server of the cluster");
    }
    if (this.#inFlight <= this.#window / 2) this.#changed.notify();
  }

  #onUp(): void {
    this.#failures.reset();
    this.health.publish({ kind: "connected", address: this.address });
    this.#changed.notify();
  }

  #onDown(reason: string): void {
    this.#lastError = new Error(reason);
    this.health.publish({ kind: "disconnected", address: this.address, reason });
  }

  #failure(action: string, error: Error): DriverError {
    const failure = {
      code: "TRANSPORT_FAILED",
      label: this.address,
      username: this.#user,
    } as const;
    return redisError(action, error, failure);
  }

  #tooLate(what: string, timeoutMs: number): DriverError {
    const message = `Redis "${this.address}" ${what}: waited ${timeoutMs / 1000} s`;
    const cause = this.#keeper.session === undefined ? this.#lastError : undefined;
    return new DriverError("SEND_TIMEOUT", message, { cause });
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    this.#changed.notify();
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const allAnswered = () => this.#inFlight === 0;
    const flushed = await this.#changed.until(allAnswered, { timeoutMs });
    await this.#keeper.close();
    this.health.close();
    return { flushed: flushed && this.#failures.total === 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
