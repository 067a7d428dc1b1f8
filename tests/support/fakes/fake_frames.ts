import { DriverError } from "../../../drivers/contract/errors.ts";
import type { CloseReport, FramePublisher } from "../../../drivers/contract/pubsub.ts";
import type { WaitOptions } from "../../../drivers/contract/waiting.ts";

/** A copy of a frame that a caller sent. */
export interface SentFrame {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** The sending end of a driver that a test opens, closes and breaks. */
export class FakeFrames implements FramePublisher {
  readonly address = "fake://here";
  readonly health = (async function* () {})();
  /** The frames that were accepted, in order. */
  readonly sent: SentFrame[] = [];
  /** Whether there is room. Without room, a send waits until {@linkcode makeRoom}. */
  hasRoom = true;
  /** The error that the next call throws. */
  failure: Error | undefined;
  isClosed = false;
  readonly #waiting = new Set<(error?: unknown) => void>();

  trySend(topic: string, payload: Uint8Array): boolean {
    this.#fail();
    if (this.isClosed) throw new DriverError("CLOSED", "The publisher is closed");
    if (this.hasRoom) this.sent.push({ topic, payload: payload.slice() });
    return this.hasRoom;
  }

  async send(topic: string, payload: Uint8Array, options: WaitOptions = {}): Promise<void> {
    this.#fail();
    if (!this.hasRoom) await this.#room(options);
    this.trySend(topic, payload);
  }

  /** Makes room and resumes the waiting sends. */
  makeRoom(): void {
    this.hasRoom = true;
    for (const enter of this.#waiting) enter();
  }

  /** Fails the waiting sends, as a driver does after its timeout. */
  timeOut(): void {
    for (const enter of this.#waiting) {
      enter(new DriverError("SEND_TIMEOUT", "Cannot send: no room in time"));
    }
  }

  close(): Promise<CloseReport> {
    this.isClosed = true;
    return Promise.resolve({ flushed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fail(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #room({ signal }: WaitOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (error?: unknown) => {
        this.#waiting.delete(enter);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waiting.add(enter);
      signal?.addEventListener("abort", () => enter(signal.reason), { once: true });
    });
  }
}
