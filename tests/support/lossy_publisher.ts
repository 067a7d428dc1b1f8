import type { FramePublisher, PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { systemClock } from "../../service/base/clock.ts";
import { openPositioned } from "../../service/publish/open_positioned.ts";
import type { PositionedPublisher } from "../../service/publish/positioned_publisher.ts";
import { effectiveSettings } from "./effective_settings.ts";
import { announce } from "./network_fixture.ts";
import { PUBLISHER } from "./numbered.ts";

/** What a {@linkcode LossyPublisher} differs in. */
export interface LossyPublisherOptions {
  /** Options of the configuration by `group.name`. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** The publisher's id. */
  readonly id?: string;
}

/** A publisher as `serve` has one, whose transport loses events on demand and does not know. */
export class LossyPublisher implements AsyncDisposable {
  /** Whether events get lost now. */
  isLosing = false;
  #frames: PositionedPublisher | undefined;

  static async open(
    driver: PubSubDriver,
    { overrides = {}, id = PUBLISHER }: LossyPublisherOptions = {},
  ): Promise<LossyPublisher> {
    const publisher = new LossyPublisher();
    publisher.#frames = await openPositioned(driver, {
      id,
      settings: await effectiveSettings(overrides),
      clock: systemClock,
      watch: (frames) => publisher.#losing(frames),
    });
    return publisher;
  }

  private constructor() {}

  get frames(): PositionedPublisher {
    if (this.#frames === undefined) throw new Error("It is not open yet");
    return this.#frames;
  }

  get address(): string {
    return this.frames.address;
  }

  /** Publishes events, known by their keys. */
  announce(...keys: readonly string[]): void {
    for (const key of keys) announce(this.frames, key);
  }

  /** The same, but nobody gets them. */
  lose(...keys: readonly string[]): void {
    this.isLosing = true;
    this.announce(...keys);
    this.isLosing = false;
  }

  #losing(frames: FramePublisher): FramePublisher {
    return {
      address: frames.address,
      health: frames.health,
      trySend: (topic, payload) => this.isLosing || frames.trySend(topic, payload),
      send: (topic, payload, options) => frames.send(topic, payload, options),
      close: (options) => frames.close(options),
      [Symbol.asyncDispose]: () => frames[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.frames[Symbol.asyncDispose]();
  }
}
