import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import type { FrameRecorder } from "../../../drivers/contract/recorder.ts";
import { bytesOf } from "../frame_reader.ts";

/** Records frames, and sends those of a run as the publisher service does. */
export class Sender {
  readonly recorder: FrameRecorder;
  readonly #publisher: FramePublisher | undefined;
  readonly #size: number;

  constructor(recorder: FrameRecorder, { publisher, size = 0 }: {
    readonly publisher?: FramePublisher;
    readonly size?: number;
  } = {}) {
    this.recorder = recorder;
    this.#publisher = publisher;
    this.#size = size;
  }

  /** A publisher records its frames at the end of a turn. */
  async flush(): Promise<void> {
    await Promise.resolve();
    await this.recorder.flush();
  }

  /** Sends numbered frames to two topics in turns; those of "D" are even. */
  async send(from: number, to: number): Promise<void> {
    for (let number = from; number < to; number++) {
      const topic = number % 2 === 0 ? "D" : "tenant";
      const payload = bytesOf(`${number}`.padEnd(this.#size));
      if (this.#publisher === undefined) this.recorder.append(topic, payload);
      else this.#publisher.trySend(topic, payload);
      // A recorder skips what it gets faster than the disk takes it.
      if (number % 500 === 499) await this.flush();
    }
  }
}

/** Even numbers from one to another, as frames of "D". */
export function even(from: number, to: number): string[] {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return numbers.filter((number) => number % 2 === 0).map((number) => `D|${number}`);
}
