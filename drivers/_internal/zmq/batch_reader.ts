import { setImmediate } from "node:timers";
import { Broadcast } from "../../contract/channel.ts";
import type { HealthEvent } from "../../contract/health.ts";
import type { Frame, WaitOptions } from "../../contract/pubsub.ts";
import { EVENT_IN, type ZmqSocket } from "./libzmq.ts";
import { Notifier } from "../notifier.ts";
import { type ReceiverHooks, ZmqReceiver } from "./receiver.ts";

const STOP_TIMEOUT_MS = 5_000;
// A reader that never waits lets nothing else run: after so many frames it has to.
const PAUSE_EVERY_FRAMES = 512;

/** The reading half that SUB and PULL subscribers share: batches, health, and the end of both. */
export class BatchReader {
  readonly health = new Broadcast<HealthEvent>();
  /** Told whenever frames or changes of state may be there. */
  readonly changed = new Notifier();
  readonly receiver: ZmqReceiver;
  readonly #sockets: () => readonly ZmqSocket[];
  #state: "open" | "stopping" | "closed" = "open";
  #reading = false;

  constructor(
    maxEventBytes: number,
    sockets: () => readonly ZmqSocket[],
    hooks: Omit<ReceiverHooks, "onDrop">,
  ) {
    this.#sockets = sockets;
    this.receiver = new ZmqReceiver(maxEventBytes, {
      ...hooks,
      onDrop: (reason, total) => this.health.publish({ kind: "dropped", reason, total }),
    });
  }

  async *batches(hasMore: () => boolean = () => false): AsyncIterable<readonly Frame[]> {
    this.#reading = true;
    let sincePause = 0;
    try {
      while (this.#state !== "closed") {
        // Judged before reading: what arrives while the reader has a batch is still to be read.
        const isLast = this.#state === "stopping" && !hasMore();
        const { frames, full } = this.receiver.fill(this.#sockets());
        if (frames.length > 0) yield frames;
        sincePause += frames.length;
        if (full || sincePause >= PAUSE_EVERY_FRAMES) {
          await new Promise((resolve) => setImmediate(resolve));
          sincePause = 0;
        }
        if (full) continue;
        if (isLast) return;
        if (frames.length === 0) await this.changed.wait();
      }
    } finally {
      this.#reading = false;
      this.changed.notify();
    }
  }

  /**
   * Lets the reader take what has arrived and then ends it. False when the time was over before,
   * or when nobody reads what is there.
   */
  async stop(options: WaitOptions): Promise<boolean> {
    if (this.#state === "open") this.#state = "stopping";
    this.changed.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    return await this.changed.until(() => !this.#reading, bounds) && this.#isDrained();
  }

  #isDrained(): boolean {
    if (this.#state === "closed") return false;
    return this.#sockets().every((socket) => (socket.events() & EVENT_IN) === 0);
  }

  close(): void {
    this.#state = "closed";
    this.changed.notify();
    this.health.close();
  }
}
