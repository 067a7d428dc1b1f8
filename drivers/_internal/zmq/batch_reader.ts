import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import { nextTurn } from "../../contract/next_turn.ts";
import type { Frame, SubscriberCounters } from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { Backlog, type BacklogOptions } from "./backlog.ts";
import type { EagerWait } from "./eager_wait.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { EVENT_IN } from "./zmq_h.ts";
import { Notifier } from "../notifier.ts";
import { type ReceiverHooks, ZmqReceiver } from "./receiver.ts";

const STOP_TIMEOUT_MS = 5_000;
// A reader that never waits lets nothing else run: after so many frames it has to.
const PAUSE_EVERY_FRAMES = 512;

/** The reading half that SUB and PULL subscribers share: batches, health, and the end of both. */
export class BatchReader {
  readonly health = new HealthStream();
  /** Told whenever frames or changes of state may be there. */
  readonly changed = new Notifier();
  readonly #receiver: ZmqReceiver;
  readonly #newReceiver: () => ZmqReceiver;
  readonly #sockets: () => readonly ZmqSocket[];
  #eagerWait: EagerWait | undefined;
  #backlog: Backlog | undefined;
  /** Reads in the reader's stead: batches that were handed out are the other's. */
  #standIn: ZmqReceiver | undefined;
  #state: "open" | "stopping" | "closed" = "open";
  #reading = false;

  constructor(
    maxEventBytes: number,
    sockets: () => readonly ZmqSocket[],
    hooks: Omit<ReceiverHooks, "onDrop">,
  ) {
    this.#sockets = sockets;
    const onDrop = (reason: DropReason) => this.#tellDrop(reason);
    this.#newReceiver = () => new ZmqReceiver(maxEventBytes, { ...hooks, onDrop });
    this.#receiver = this.#newReceiver();
  }

  get counters(): SubscriberCounters {
    const counters = this.#receiver.counters;
    if (this.#standIn === undefined) return counters;
    const { received, dropped } = this.#standIn.counters;
    const lost = this.#backlog?.lost ?? 0;
    return {
      received: counters.received + received - lost,
      dropped: counters.dropped + dropped + lost,
    };
  }

  #tellDrop(reason: DropReason): void {
    this.health.publish({ kind: "dropped", reason, total: this.counters.dropped });
  }

  /** Reads on, within bounds, while whoever takes the batches is busy; call `noteReadable` then. */
  keepBacklog(options: Omit<BacklogOptions, "fill">): void {
    this.#backlog = new Backlog({
      ...options,
      fill: () => (this.#standIn ??= this.#newReceiver()).fill(this.#sockets()),
      onCaughtUp: () => {
        this.#tellDrop("queue-full");
        options.onCaughtUp();
      },
    });
  }

  /** Something may have arrived. */
  noteReadable(): void {
    if (this.#state !== "closed") this.#backlog?.watch();
    this.changed.notify();
  }

  /** Waits this way for its one socket, while frames come: for a process that has little else to do. */
  useEagerWait(wait: EagerWait): void {
    this.#eagerWait = wait;
  }

  async *batches(hasMore: () => boolean = () => false): AsyncIterable<readonly Frame[]> {
    this.#reading = true;
    let sincePause = 0;
    try {
      while (this.#state !== "closed") {
        // Judged before reading: what arrives while the reader has a batch is still to be read.
        const isLast = this.#state === "stopping" && !hasMore();
        const { frames, full } = this.#next();
        if (frames.length > 0) {
          this.#eagerWait?.noteFrames();
          yield frames;
        }
        sincePause += frames.length;
        if (full || sincePause >= PAUSE_EVERY_FRAMES) {
          await nextTurn();
          sincePause = 0;
        }
        if (full) continue;
        if (isLast) return;
        if (frames.length === 0 && this.#eagerWait?.hasCome() !== true) await this.#wait();
      }
    } finally {
      this.#reading = false;
      this.changed.notify();
    }
  }

  #next(): { readonly frames: readonly Frame[]; readonly full: boolean } {
    const frames = this.#backlog?.take();
    return frames === undefined ? this.#receiver.fill(this.#sockets()) : { frames, full: true };
  }

  // Without anything awaited before: a change is told only to those who wait already.
  #wait(): Promise<unknown> {
    this.#backlog?.idle();
    return this.#eagerWait?.isWorthIt() ? this.#eagerWait.turn() : this.changed.wait();
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
    if (this.#state === "closed" || (this.#backlog?.size ?? 0) > 0) return false;
    return this.#sockets().every((socket) => (socket.events() & EVENT_IN) === 0);
  }

  close(): void {
    this.#state = "closed";
    this.#backlog?.close();
    this.changed.notify();
    this.health.close();
  }
}
