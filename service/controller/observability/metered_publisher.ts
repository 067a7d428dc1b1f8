import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { CloseReport, FramePublisher } from "../../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../../drivers/contract/waiting.ts";

/** A publisher that counts what it was given and has taken: two additions a frame. */
export class MeteredPublisher implements FramePublisher {
  readonly #inner: FramePublisher;
  #frames = 0;
  #bytes = 0;

  /** @param inner does the work, and is disposed with this one */
  constructor(inner: FramePublisher) {
    this.#inner = inner;
  }

  /** Frames that the publisher has taken. */
  get frames(): number {
    return this.#frames;
  }

  /** Octets of their payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  get address(): string {
    return this.#inner.address;
  }

  get health(): AsyncIterable<HealthEvent> {
    return this.#inner.health;
  }

  trySend(topic: string, payload: Uint8Array): boolean {
    const bytes = payload.length;
    return this.#inner.trySend(topic, payload) && this.#count(bytes);
  }

  trySendToAll(topic: string, payload: Uint8Array): boolean {
    const bytes = payload.length;
    return this.#inner.trySendToAll(topic, payload) && this.#count(bytes);
  }

  async send(topic: string, payload: Uint8Array, options?: WaitOptions): Promise<void> {
    const bytes = payload.length;
    await this.#inner.send(topic, payload, options);
    this.#count(bytes);
  }

  #count(bytes: number): true {
    this.#frames++;
    this.#bytes += bytes;
    return true;
  }

  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport> {
    return this.#inner.close(options);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }
}
