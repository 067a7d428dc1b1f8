import assert from "node:assert/strict";
import type { Frame, FrameSubscriber } from "../../drivers/contract/pubsub.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const PATIENCE_MS = 30_000;

/** Bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A frame as text, to compare: `topic|payload`. */
export function shown({ topic, payload }: Frame): string {
  return `${topic}|${new TextDecoder().decode(payload)}`;
}

/** Reads a subscriber from now on and keeps what came, as texts. */
export class FrameReader {
  readonly frames: string[] = [];
  /** Resolves when the stream of batches has ended. */
  readonly ended: Promise<void>;
  readonly #arrived = new Notifier();

  /** With a `gate`, holds its first batch until that opens, as a busy reader would. */
  constructor(subscriber: FrameSubscriber, gate?: Promise<void>) {
    this.ended = this.#read(subscriber, gate);
  }

  async #read(subscriber: FrameSubscriber, gate?: Promise<void>): Promise<void> {
    for await (const batch of subscriber.batches()) {
      for (const frame of batch) this.frames.push(shown(frame));
      this.#arrived.notify();
      await gate;
    }
  }

  /** Resolves when so many frames have come; fails when for `timeoutMs` no frame came. */
  async count(wanted: number, timeoutMs = PATIENCE_MS): Promise<void> {
    while (this.frames.length < wanted) {
      const before = this.frames.length;
      const came = await this.#arrived.until(() => this.frames.length > before, { timeoutMs });
      assert(came, `${before} frames came, wanted ${wanted}`);
    }
  }

  /** Resolves when a certain frame has come, `topic|payload`. */
  async has(wanted: string, timeoutMs = PATIENCE_MS): Promise<void> {
    const came = await this.#arrived.until(() => this.frames.includes(wanted), { timeoutMs });
    assert(came, `"${wanted}" did not come among ${this.frames.length} frames`);
  }
}
