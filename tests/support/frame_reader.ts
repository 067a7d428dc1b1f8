import assert from "node:assert/strict";
import type { Frame, FrameSubscriber, PayloadWriter } from "../../drivers/contract/pubsub.ts";
import { Notifier } from "../../drivers/_internal/notifier.ts";

const TIMEOUT_MS = 30_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes a text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The size of a payload and what writes it, as a log takes them. */
export function payloadOf(payload: Uint8Array): [size: number, write: PayloadWriter] {
  return [payload.length, (bytes, at) => bytes.set(payload, at)];
}

/** A frame as text for comparisons: `topic|payload`, or the mark of a topic's past. */
export function shown({ topic, payload, past }: Frame): string {
  if (past?.kind === "start") {
    return `${topic}|<start${past.frames === undefined ? "" : ` ${past.frames}`}>`;
  }
  if (past?.kind === "end") return `${topic}|<end>`;
  return `${topic}|${decoder.decode(payload)}`;
}

/** Reads a subscriber from construction on and keeps the frames as texts. */
export class FrameReader {
  readonly frames: string[] = [];
  /** The gaps among the frames: `topic|reason`. */
  readonly gaps: string[] = [];
  /** Resolves when the stream of batches has ended. */
  readonly ended: Promise<void>;
  readonly #arrived = new Notifier();

  /**
   * With a `gate`, the reader holds its first batch until the gate opens, as a busy reader would.
   */
  constructor(subscriber: FrameSubscriber, gate?: Promise<void>) {
    this.ended = this.#read(subscriber, gate);
  }

  async #read(subscriber: FrameSubscriber, gate?: Promise<void>): Promise<void> {
    for await (const batch of subscriber.batches()) {
      for (const frame of batch) {
        this.frames.push(shown(frame));
        if (frame.gap !== undefined) this.gaps.push(`${frame.topic}|${frame.gap}`);
      }
      this.#arrived.notify();
      await gate;
    }
  }

  /** Resolves when `wanted` frames have arrived. Fails when no frame arrives for `timeoutMs`. */
  async count(wanted: number, timeoutMs = TIMEOUT_MS): Promise<void> {
    while (this.frames.length < wanted) {
      const before = this.frames.length;
      const came = await this.#arrived.until(() => this.frames.length > before, { timeoutMs });
      assert(came, `${before} frames arrived, wanted ${wanted}`);
    }
  }

  /** Resolves when the frame `topic|payload` has arrived. */
  async has(wanted: string, timeoutMs = TIMEOUT_MS): Promise<void> {
    const came = await this.#arrived.until(() => this.frames.includes(wanted), { timeoutMs });
    assert(came, `"${wanted}" is not among the ${this.frames.length} frames that arrived`);
  }
}
