import { Broadcast } from "../../../contract/channel.ts";
import { DriverError } from "../../../contract/errors.ts";
import type { HealthEvent } from "../../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../../contract/options.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../../contract/pubsub.ts";
import type { SendGroup } from "../../../contract/send_group.ts";
import { after } from "../../../contract/timer.ts";
import { sleep, waitFor, type WaitOptions } from "../../../contract/waiting.ts";
import { FrameChecks } from "../../frame_checks.ts";
import { noService, permissionFault } from "../../local_socket/local_access.ts";
import { listenerFault } from "../../local_socket/listener_trust.ts";
import { addressError } from "../../sockets/address_error.ts";
import { highWaterMark } from "../options.ts";
import { type Outcome, type PushedFrame, PushQueue } from "./push_queue.ts";
import { ServiceConnection } from "./service_connection.ts";

const SEND_TIMEOUT_MS = 5_000;
/** A starting service sets the group of its socket shortly after it creates the socket. */
const PERMISSION_WAIT_MS = 250;
const CLOSE_TIMEOUT_MS = 1_000;
/** {@linkcode PushPublisher.trySend} accepts nothing once this many bytes are queued. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const LOOK_AGAIN_MS = 2;

/** A `send` call whose frame is not settled. */
interface Pending {
  readonly frame: PushedFrame;
  readonly reject: (error: unknown) => void;
  readonly timeoutMs: number;
  /** When to check permissions, and when the send times out, by `performance.now()`. */
  readonly permissionAt: number;
  readonly deadline: number;
}

/** Sends events to the service of this host. One with our session acknowledges each event. */
export class PushPublisher implements FramePublisher {
  readonly address: string;
  readonly health = new Broadcast<HealthEvent>();
  readonly #path: string;
  readonly #serviceName: string;
  readonly #checks: FrameChecks;
  readonly #maxFrames: number;
  readonly #queue: PushQueue;
  readonly #service: ServiceConnection;
  readonly #sends = new Set<Pending>();
  #stopTimer: () => void = () => {};
  #lookAt = Infinity;
  /** Frames that {@linkcode trySend} accepted and whose outcome is refused or uncertain. */
  #notSent = 0;
  /** Whether a connection to a service that does not acknowledge was lost after a send. */
  #mayHaveLost = false;
  #hasSent = false;
  #closing: Promise<CloseReport> | undefined;

  /** @throws {DriverError} `ADDRESS_INVALID` for a socket of an account that is not trusted */
  static async open(context: DriverContext, path: string): Promise<PushPublisher> {
    try {
      return await Promise.resolve(new PushPublisher(context, path));
    } catch (error) {
      throw addressError("connect to the publisher service at", `ipc://${path}`, error);
    }
  }

  private constructor({ settings }: DriverContext, path: string) {
    this.#path = path;
    this.address = `ipc://${path}`;
    this.#serviceName = `The publisher service at "${this.address}"`;
    const fault = listenerFault(this.address);
    if (fault !== undefined) throw fault;
    this.#checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.#maxFrames = settings.get(highWaterMark);
    this.#queue = new PushQueue(this.#maxFrames);
    this.#service = new ServiceConnection({
      ...{ path, settings, queue: this.#queue },
      onOpen: () => this.health.publish({ kind: "connected", address: this.address }),
      onLost: (reason) => this.#onLost(reason),
      onFault: (error) => this.#rejectAll(error),
    });
  }

  /** Whether the current or last service acknowledges; undefined before the first connection. */
  get isAcknowledged(): boolean | undefined {
    return this.#queue.isAcknowledged;
  }

  get service(): FramePublisher["service"] {
    return this.#service.announcement;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    return this.#take(topic, payload, (outcome) => {
      if (outcome === "accepted") return;
      this.health.publish({ kind: "dropped", reason: "not-sent", total: ++this.#notSent });
    });
  }

  trySendIn(group: SendGroup, topic: string, payload: Uint8Array): boolean {
    const { taken: place } = group;
    const { length: size } = payload;
    const isTaken = this.#take(topic, payload, (outcome) => {
      if (outcome === "accepted") group.accept(size);
      else group.fail(place, this.#outcomeError(outcome, topic));
    });
    if (isTaken) group.taken++;
    return isTaken;
  }

  #take(topic: string, payload: Uint8Array, settle: PushedFrame["settle"]): boolean {
    const bytes = this.#check(topic, payload);
    const queue = this.#queue;
    const isFull = queue.frames >= this.#maxFrames || queue.bytes >= MAX_QUEUED_BYTES;
    if (isFull || !this.#service.isOpen) return false;
    queue.add(bytes, payload, settle);
    this.#hasSent = true;
    this.#service.flushSoon();
    return true;
  }

  #check(topic: string, payload: Uint8Array): Uint8Array {
    if (this.#closing !== undefined) throw this.#closedError();
    const bytes = this.#checks.check(topic, payload);
    if (this.#service.fault !== undefined) throw this.#service.fault;
    return bytes;
  }

  /** Concurrent sends, and frames that {@linkcode trySend} accepted, arrive in call order. */
  async send(
    topic: string,
    payload: Uint8Array,
    { timeoutMs = SEND_TIMEOUT_MS, signal }: WaitOptions = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    const bytes = this.#check(topic, payload);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const frame = this.#queue.add(bytes, payload, (outcome) => {
      if (outcome === "accepted") resolve();
      else reject(this.#outcomeError(outcome, topic));
    });
    const now = performance.now();
    const permissionAt = now + Math.min(timeoutMs, PERMISSION_WAIT_MS);
    const pending = { frame, reject, timeoutMs, permissionAt, deadline: now + timeoutMs };
    this.#sends.add(pending);
    this.#lookBy(permissionAt);
    this.#hasSent = true;
    this.#service.flushSoon();
    try {
      await waitFor(promise, { signal });
    } catch (error) {
      this.#queue.withdraw(frame);
      throw error;
    } finally {
      this.#sends.delete(pending);
    }
  }

  /** Uses one timer for all sends: setting a timer takes longer than a send. */
  #lookBy(at: number): void {
    if (at >= this.#lookAt) return;
    this.#lookAt = at;
    this.#stopTimer();
    this.#stopTimer = after(at - performance.now(), () => this.#look());
  }

  /** Rejects sends that have timed out, and earlier than that, sends that permissions forbid. */
  #look(): void {
    this.#lookAt = Infinity;
    const now = performance.now();
    const denied = this.#service.isOpen ? undefined : permissionFault(this.#path);
    for (const pending of this.#sends) {
      const isLooked = now >= pending.permissionAt;
      if (now >= pending.deadline) pending.reject(this.#lateError(pending));
      else if (isLooked && denied !== undefined) pending.reject(denied);
      else this.#lookBy(isLooked ? pending.deadline : pending.permissionAt);
    }
  }

  #outcomeError(outcome: Exclude<Outcome, "accepted">, topic: string): DriverError {
    if (outcome === "unsent") return this.#closedError();
    if (outcome === "refused") {
      const message = `${this.#serviceName} refused an event on topic "${topic}"`;
      return new DriverError("REFUSED", message);
    }
    const message =
      `${this.#serviceName} ended the connection before it acknowledged an event on ` +
      `topic "${topic}": it may have accepted it`;
    return new DriverError("TRANSPORT_FAILED", message, { isUncertain: true });
  }

  #lateError({ frame, timeoutMs }: Pending): DriverError {
    const waited = `waited ${timeoutMs / 1000} s`;
    const service = this.#serviceName;
    if (!this.#queue.withdraw(frame)) {
      const message = `${service} has not acknowledged the event: ${waited}`;
      return new DriverError("SEND_TIMEOUT", message, { isUncertain: true });
    }
    if (this.#service.isOpen) {
      return new DriverError("SEND_TIMEOUT", `${service} has no room for more events: ${waited}`);
    }
    // The kernel also connects to a process that listens but is stopped.
    return this.#service.isListening
      ? new DriverError("NO_PUBLISHER_SERVICE", `${service} does not answer: ${waited}`)
      : noService(this.#path, { detail: `: ${waited}` });
  }

  #closedError(): DriverError {
    return new DriverError("CLOSED", `Cannot send to "${this.address}": the publisher is closed`);
  }

  #onLost(reason: string): void {
    if (this.isAcknowledged === false && this.#hasSent) this.#mayHaveLost = true;
    this.health.publish({ kind: "disconnected", address: this.address, reason });
  }

  #rejectAll(error: DriverError): void {
    for (const { frame, reject } of this.#sends) if (this.#queue.withdraw(frame)) reject(error);
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.#close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    this.#service.flush();
    const isSettled = await this.#settled(performance.now() + timeoutMs);
    const flushed = isSettled && !this.#mayHaveLost && this.#notSent === 0;
    this.#stopTimer();
    this.health.close();
    await this.#service.close();
    this.#queue.close();
    return { flushed };
  }

  /**
   * Waits until the service has everything. Returns false at the deadline, or if a service that
   * does not acknowledge has ended.
   */
  async #settled(deadline: number): Promise<boolean> {
    while (this.#queue.frames > 0 || this.#service.hasUnread) {
      if (performance.now() >= deadline) return false;
      await sleep(LOOK_AGAIN_MS);
    }
    // If a service dies, the kernel drops what it had not read and then counts it as read.
    return !this.#hasSent || this.isAcknowledged !== false || !this.#service.hasGone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
