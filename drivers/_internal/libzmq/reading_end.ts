import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import { inNextTurn } from "../../contract/next_turn.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { FrameQueue } from "../frame_queue.ts";
import { Notifier } from "../notifier.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "../topic_cache.ts";
import { highWaterMark } from "../zmtp/options.ts";
import { LibzmqEngine } from "./engine.ts";
import type { ZmqSocket } from "./libzmq_socket.ts";

const STOP_TIMEOUT_MS = 5_000;
/** Time without a message after which a stopping reader counts as drained. */
const QUIET_MS = 50;
const MAX_MESSAGES_PER_TURN = 1_024;
/** Maximum size of the frames queued for the reader. */
const MAX_QUEUE_BYTES = 128 * 2 ** 20;
/** Maximum number of gaps that follow each other, where a subscriber has every topic. */
const MAX_GAPS = 1_000;
const ANY_TOPIC = "";
const NOTHING = new Uint8Array();
const GAPS = {
  "frame-too-large": "an event is larger than pub_sub_max_event_bytes",
  "queue-full": "the queue of received events was full",
} as const;

/** The common part of SUB and PULL: reading sockets into a queue, stopping and closing. */
export abstract class ReadingEnd {
  readonly health = new HealthStream();
  protected readonly engine: LibzmqEngine;
  protected readonly checks: FrameChecks;
  protected readonly changed = new Notifier();
  /** The sockets, each with the address that it is connected to, if any. */
  protected readonly sockets = new Map<ZmqSocket, string | undefined>();
  /**
   * Whether messages are read, and dropped, while the queue is full: libzmq aborts the process if a
   * heartbeat finds its own queue full.
   */
  protected abstract readonly readsAhead: boolean;
  readonly #queue: FrameQueue;
  readonly #topic = new Uint8Array(MAX_TOPIC_BYTES + 1);
  readonly #payload: Uint8Array<ArrayBuffer>;
  readonly #topics = new TopicCache();
  /** The publishers and topics whose last queued frame is a gap. */
  readonly #gaps = new Set<string>();
  #turn = 0;
  #isReadDue = false;
  #isStopped = false;
  #dropped = 0;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor({ settings }: DriverContext) {
    const maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.checks = new FrameChecks(maxEventBytes);
    this.#payload = new Uint8Array(maxEventBytes);
    this.#queue = new FrameQueue({
      maxFrames: settings.get(highWaterMark),
      maxBytes: MAX_QUEUE_BYTES,
      onTaken: () => this.#onTaken(),
    });
    this.engine = new LibzmqEngine(settings);
  }

  /** Whether frames of this topic are wanted; libzmq matches by prefix. */
  protected abstract wants(topic: string): boolean;

  get counters(): SubscriberCounters {
    return { received: this.#queue.received, dropped: this.#dropped };
  }

  get arrived(): number {
    return this.#queue.received + this.#queue.size;
  }

  protected refuseWhenClosed(): void {
    this.#queue.refuseWhenClosed();
  }

  batches(): AsyncIterable<readonly Frame[]> {
    return this.#queue.batches();
  }

  #onTaken(): void {
    this.#gaps.clear();
    this.noteReadable();
  }

  protected noteReadable(): void {
    if (this.#isReadDue || this.#isStopped || !this.#fill()) return;
    this.#isReadDue = true;
    inNextTurn(() => {
      this.#isReadDue = false;
      this.noteReadable();
    });
  }

  /**
   * Receives available messages, beginning with another socket each time. An end that does not read
   * ahead receives only as many as its queue has room for. Returns true if there may be more, which
   * libzmq does not report again.
   */
  #fill(): boolean {
    const sockets = [...this.sockets.keys()];
    const first = this.#turn++;
    let left = MAX_MESSAGES_PER_TURN;
    for (let index = 0; index < sockets.length; index++) {
      const socket = sockets[(first + index) % sockets.length];
      while (left > 0 && socket !== undefined && this.#mayReceive && this.#receive(socket)) left--;
    }
    if (left < MAX_MESSAGES_PER_TURN) this.changed.notify();
    return left === 0;
  }

  get #mayReceive(): boolean {
    return this.readsAhead || this.#queue.hasRoom;
  }

  /** Returns false if there is no message. */
  #receive(socket: ZmqSocket): boolean {
    const topicBytes = socket.receive(this.#topic);
    if (topicBytes < 0) return false;
    if (!socket.more) return this.#drop("frame-count");
    const bytes = socket.receive(this.#payload);
    if (socket.more) {
      while (socket.more) socket.receive(NOTHING);
      return this.#drop("frame-count");
    }
    const topic = this.#topics.text(this.#topic, 0, topicBytes);
    if (topic === undefined) return this.#drop("topic-invalid");
    const address = this.sockets.get(socket);
    if (bytes > this.#payload.length) return this.#lose(topic, address, "frame-too-large");
    if (!this.wants(topic)) return true;
    if (!this.#queue.hasRoom) return this.#lose(topic, address, "queue-full");
    const payload = this.#payload.slice(0, bytes);
    this.#queue.add(address === undefined ? { topic, payload } : { topic, payload, address });
    if (this.#gaps.size > 0) {
      for (const each of [topic, ANY_TOPIC]) this.#gaps.delete(`${address} ${each}`);
    }
    return true;
  }

  /** Drops a frame. One gap replaces all consecutive dropped frames of a publisher and topic. */
  #lose(topic: string, address: string | undefined, reason: keyof typeof GAPS): true {
    if (address === undefined || !this.wants(topic)) return this.#drop(reason);
    const isFull = this.#gaps.size >= MAX_GAPS && this.wants(ANY_TOPIC);
    const lost = isFull ? ANY_TOPIC : topic;
    const place = `${address} ${lost}`;
    if (!this.#gaps.has(place)) {
      this.#gaps.add(place);
      this.#queue.add({ topic: lost, payload: NOTHING, address, gap: GAPS[reason] });
    }
    return this.#drop(reason);
  }

  #drop(reason: DropReason): true {
    this.health.publish({ kind: "dropped", reason, total: ++this.#dropped });
    return true;
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    const deadline = performance.now() + (options.timeoutMs ?? STOP_TIMEOUT_MS);
    const bounds = (maxMs = Infinity): WaitOptions => ({
      ...options,
      timeoutMs: Math.min(maxMs, Math.max(0, deadline - performance.now())),
    });
    const isQuiet = async () => !(await this.changed.wait(bounds(QUIET_MS))) && this.#mayReceive;
    // If the signal aborts this wait, it aborts the next one, too.
    while (!(await isQuiet().catch(() => true)) && performance.now() < deadline);
    this.#isStopped = true;
    return { drained: await this.#queue.stop(bounds()) && this.#isEmpty() };
  }

  #isEmpty(): boolean {
    return [...this.sockets.keys()].every((socket) => !socket.hasMessage());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#queue.close();
    this.changed.notify();
    this.health.close();
    this.sockets.clear();
    await this.engine.close();
  }
}
