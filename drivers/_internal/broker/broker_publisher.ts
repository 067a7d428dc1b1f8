import { Broadcast } from "../../contract/channel.ts";
import { DriverError, messageOf } from "../../contract/errors.ts";
import type { HealthEvent } from "../../contract/health.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type { CloseReport, DriverContext, FramePublisher } from "../../contract/pubsub.ts";
import { Semaphore } from "../../contract/semaphore.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { type Session, SessionKeeper } from "./session_keeper.ts";
import { UnsentEvents } from "./unsent_events.ts";

const SEND_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What a {@linkcode BrokerPublisher} needs besides its context. */
export interface BrokerPublisherOptions<S extends Session> {
  /** The broker in messages: `etcd`. */
  readonly name: string;
  readonly address: string;
  /** Opens a session after the loss of one; see {@linkcode SessionKeeper}. */
  readonly open: () => Promise<S>;
  /** The line of the log for events that the broker did not accept. */
  readonly explain: (error: Error) => string;
}

/** The bounds of the steps of one send. */
export interface SendBounds {
  /** The maximum time for all steps. */
  readonly timeoutMs: number;
  /** The rest of that time. */
  readonly leftMs: () => number;
  /** The bounds of the next step. */
  readonly left: () => WaitOptions;
}

/** The common part of the publishers of brokers: session, health, waiting for room, and closing. */
export abstract class BrokerPublisher<S extends Session> implements FramePublisher {
  readonly health = new Broadcast<HealthEvent>();
  readonly address: string;
  protected readonly checks: FrameChecks;
  protected readonly keeper: SessionKeeper<S>;
  protected readonly unsent: UnsentEvents;
  protected readonly changed = new Notifier();
  /** Sends that wait for room keep their order: only one of them waits for it. */
  readonly #room = new Semaphore(1);
  readonly #name: string;
  #lastError: unknown;
  #closing: Promise<CloseReport> | undefined;

  constructor(
    { settings, log }: DriverContext,
    { name, address, open, explain }: BrokerPublisherOptions<S>,
  ) {
    this.address = address;
    this.#name = name;
    this.checks = new FrameChecks(settings.get(pubSubMaxEventBytes));
    this.unsent = new UnsentEvents({ health: this.health, log, explain });
    this.keeper = new SessionKeeper({
      open,
      onUp: () => this.onUp(),
      onDown: (reason) => this.#reportOutage(new Error(reason), true),
      onFailure: (error, isNew) => this.#reportOutage(error, isNew),
    });
  }

  abstract trySend(topic: string, payload: Uint8Array): boolean;
  abstract send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void>;

  /** Whether every event has its answer. */
  protected abstract readonly isIdle: boolean;

  /** Called with each session. */
  protected onUp(): void {
    this.unsent.reset();
    this.health.publish({ kind: "connected", address: this.address });
    this.changed.notify();
  }

  #reportOutage(error: unknown, isNew: boolean): void {
    this.#lastError = error;
    if (!isNew) return;
    // The event has the address in a field of its own.
    const reason = messageOf(error).replace(`${this.#name} "${this.address}": `, "");
    this.health.publish({ kind: "disconnected", address: this.address, reason });
  }

  /** @throws {DriverError} `CLOSED` */
  protected refuseWhenClosed(): void {
    if (this.#closing === undefined) return;
    throw new DriverError("CLOSED", `Cannot send to "${this.address}": the publisher is closed`);
  }

  /** Whether a send waits for room. */
  protected get hasQueue(): boolean {
    return !this.#room.isFree;
  }

  protected boundsOf(options: WaitOptions): SendBounds {
    const { timeoutMs = SEND_TIMEOUT_MS } = options;
    const deadline = performance.now() + timeoutMs;
    const leftMs = () => Math.max(0, deadline - performance.now());
    return { timeoutMs, leftMs, left: () => ({ ...options, timeoutMs: leftMs() }) };
  }

  /**
   * Waits until `hasRoom` returns true, after the sends that wait already.
   *
   * @throws {DriverError} `SEND_TIMEOUT`, and what `hasRoom` throws
   */
  protected async untilRoom(hasRoom: () => boolean, bounds: SendBounds): Promise<void> {
    const late = () => {
      throw this.late("accepts no event", bounds);
    };
    using _turn = await this.#room.acquire(bounds.left(), late);
    if (!await this.changed.until(hasRoom, bounds.left())) late();
  }

  /** The error for a wait that timed out. */
  protected late(what: string, { timeoutMs }: SendBounds, isUncertain = false): DriverError {
    const cause = this.keeper.session === undefined ? this.#lastError : undefined;
    const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
    const message = `${this.#name} "${this.address}" ${what}: waited ${timeoutMs / 1000} s${why}`;
    return new DriverError("SEND_TIMEOUT", message, { cause, isUncertain });
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<CloseReport> {
    this.#closing ??= this.closeOnce(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
    this.changed.notify();
    return this.#closing;
  }

  protected async closeOnce(timeoutMs: number): Promise<CloseReport> {
    const flushed = await this.changed.until(() => this.isIdle, { timeoutMs });
    await this.keeper.close();
    this.health.close();
    return { flushed: flushed && this.unsent.total === 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
