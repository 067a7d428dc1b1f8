import { messageOf } from "../../../contract/errors.ts";
import type { DriverContext } from "../../../contract/pubsub.ts";
import type { WaitOptions } from "../../../contract/waiting.ts";
import { BrokerSubscriber } from "../../broker/broker_subscriber.ts";
import { type Session, SessionKeeper } from "../../broker/session_keeper.ts";
import { redisReceiveQueue, redisReceiveQueueBytes } from "./options.ts";

/** The connections of a subscriber, until one of them is lost. */
export interface ReadingSession extends Session {
  /** The servers to which they connect. */
  readonly address: string;
  /** Resolves when everything published before was read, or after the timeout. */
  catchUp(options: WaitOptions): Promise<void>;
}

/** The common part of the subscribers of channels and streams: their sessions. */
export abstract class ReadingEnd<S extends ReadingSession> extends BrokerSubscriber {
  readonly #keeper: SessionKeeper<S>;

  constructor(context: DriverContext, open: () => Promise<S>) {
    super(context, {
      maxFrames: context.settings.get(redisReceiveQueue),
      maxBytes: context.settings.get(redisReceiveQueueBytes),
    });
    this.#keeper = new SessionKeeper({
      open,
      onUp: (session) => this.#onUp(session),
      onDown: (reason) => this.#onDown(reason),
      onFailure: (error, isNew) => this.#onFailure(error, isNew),
    });
  }

  /** Subscribes to every topic in a new session. */
  protected abstract begin(session: S): void;
  /** Called when a session is lost. */
  protected onLost(): void {}

  /** The current session. */
  protected get session(): S | undefined {
    return this.#keeper.session;
  }

  protected get isConnected(): boolean {
    return this.session !== undefined;
  }

  /** Begins with the first session. */
  protected startWith(session: S): void {
    this.address = session.address;
    this.#keeper.startWith(session);
  }

  protected async catchUp(options: WaitOptions): Promise<void> {
    await this.session?.catchUp(options);
  }

  #onUp(session: S): void {
    this.health.publish({ kind: "connected", address: this.address });
    this.begin(session);
    this.onChange();
  }

  #onDown(reason: string): void {
    this.lastError = new Error(reason);
    this.onLost();
    this.interrupt(reason);
  }

  #onFailure(error: unknown, isNew: boolean): void {
    this.lastError = error;
    if (isNew) this.log.warn(messageOf(error));
  }

  protected disconnect(): Promise<void> {
    return this.#keeper.close();
  }
}
