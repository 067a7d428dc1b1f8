import { DriverError } from "../../contract/errors.ts";
import type { DropReason } from "../../contract/health.ts";
import { HealthStream } from "../../contract/health_stream.ts";
import { inNextTurn, nextTurn } from "../../contract/next_turn.ts";
import { pubSubMaxEventBytes } from "../../contract/options.ts";
import type {
  DriverContext,
  Frame,
  StopReport,
  SubscriberCounters,
} from "../../contract/pubsub.ts";
import type { WaitOptions } from "../../contract/waiting.ts";
import { FrameChecks } from "../frame_checks.ts";
import { Notifier } from "../notifier.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "../topic_cache.ts";
import { highWaterMark } from "../zmtp/options.ts";
import { LibzmqEngine } from "./engine.ts";
import type { ZmqSocket } from "./libzmq_socket.ts";

const STOP_TIMEOUT_MS = 5_000;
/** Time without a message after which a stopping reader counts as drained. */
const QUIET_MS = 50;
const BATCH_BYTES = 2 ** 20;
const MAX_BATCH_FRAMES = 4_096;
const MAX_MESSAGES_PER_TURN = 1_024;
/** Maximum size of the batches queued for the reader. */
const MAX_QUEUE_BYTES = 128 * 2 ** 20;
const NO_ROOM = new Uint8Array();
const GAPS = {
  "frame-too-large": "an event is larger than pub_sub_max_event_bytes",
  "queue-full": "the queue of received events was full",
} as const;

interface Batch {
  readonly frames: Frame[];
  /** The publishers and topics whose last frame in it is a gap. */
  readonly gaps: Set<string>;
  readonly memory: Uint8Array<ArrayBuffer>;
  used: number;
}

/** The common part of SUB and PULL: reading sockets into batches, stopping and closing. */
export abstract class ReadingEnd {
  readonly health = new HealthStream();
  protected readonly engine: LibzmqEngine;
  protected readonly checks: FrameChecks;
  protected readonly changed = new Notifier();
  /** The sockets, each with the address that it is connected to, if any. */
  protected readonly sockets = new Map<ZmqSocket, string | undefined>();
  /**
   * Whether messages are read while the reader is busy, and dropped when the queue is full: libzmq
   * aborts the process if a heartbeat finds its own queue full.
   */
  protected abstract readonly readsAhead: boolean;
  readonly #maxEventBytes: number;
  readonly #maxFrames: number;
  readonly #topic = new Uint8Array(MAX_TOPIC_BYTES + 1);
  readonly #topics = new TopicCache();
  readonly #queue: Batch[] = [];
  #queued = 0;
  #free: Uint8Array<ArrayBuffer> | undefined;
  #turn = 0;
  #isWaiting = false;
  #isReading = false;
  #state: "open" | "stopping" | "closed" = "open";
  #received = 0;
  #dropped = 0;

  /** @throws {DriverError} `LIBRARY_UNUSABLE` */
  constructor({ settings }: DriverContext) {
    this.#maxEventBytes = settings.get(pubSubMaxEventBytes);
    this.#maxFrames = settings.get(highWaterMark);
    this.checks = new FrameChecks(this.#maxEventBytes);
    this.engine = new LibzmqEngine(settings);
  }

  /** Whether frames of this topic are wanted; libzmq matches by prefix. */
  protected abstract wants(topic: string): boolean;

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: this.#dropped };
  }

  protected refuseWhenClosed(): void {
    if (this.#state === "closed") throw new DriverError("CLOSED", "The subscriber is closed");
  }

  protected noteReadable(): void {
    if (this.#isWaiting || !this.readsAhead) return this.changed.notify();
    if (this.#state !== "closed" && this.#fill()) inNextTurn(() => this.noteReadable());
  }

  async *batches(): AsyncIterable<readonly Frame[]> {
    this.#isReading = true;
    try {
      while (this.#state !== "closed") {
        const hasMore = this.#queue.length === 0 && this.#fill();
        const batch = this.#queue.shift();
        if (batch !== undefined) yield this.#framesOf(batch);
        this.#free = batch?.memory ?? this.#free;
        if (hasMore || batch !== undefined) await nextTurn();
        else if (!(await this.#wait()) && this.#state === "stopping") return;
      }
    } finally {
      this.#isReading = false;
      this.changed.notify();
    }
  }

  #framesOf({ frames }: Batch): readonly Frame[] {
    this.#queued -= frames.length;
    this.#received += frames.length;
    return frames;
  }

  async #wait(): Promise<boolean> {
    this.#isWaiting = true;
    const came = this.changed.wait(this.#state === "stopping" ? { timeoutMs: QUIET_MS } : {});
    return await came.finally(() => this.#isWaiting = false);
  }

  /**
   * Receives available messages, beginning with another socket each time, and without reading ahead
   * only as far as there is room. Returns true if there may be more, which the poller does not
   * report again.
   */
  #fill(): boolean {
    const sockets = [...this.sockets.keys()];
    const first = this.#turn++;
    let left = MAX_MESSAGES_PER_TURN;
    for (let index = 0; index < sockets.length; index++) {
      const socket = sockets[(first + index) % sockets.length];
      while (left > 0 && socket !== undefined && this.#mayReceive && this.#receive(socket)) left--;
    }
    return left === 0 || !this.#mayReceive;
  }

  get #mayReceive(): boolean {
    return this.readsAhead || this.#hasRoom;
  }

  /** Returns false if there is no message. */
  #receive(socket: ZmqSocket): boolean {
    const topicBytes = socket.receive(this.#topic);
    if (topicBytes < 0) return false;
    if (!socket.more) return this.#drop("frame-count");
    const batch = this.#batchWithRoom();
    const bytes = socket.receive(batch?.memory.subarray(batch.used) ?? NO_ROOM);
    if (socket.more) {
      while (socket.more) socket.receive(NO_ROOM);
      return this.#drop("frame-count");
    }
    const topic = this.#topics.text(this.#topic, 0, topicBytes);
    if (topic === undefined) return this.#drop("topic-invalid");
    const address = this.sockets.get(socket);
    if (bytes > this.#maxEventBytes) return this.#lose(topic, address, "frame-too-large");
    if (!this.wants(topic)) return true;
    if (batch === undefined) return this.#lose(topic, address, "queue-full");
    const payload = batch.memory.subarray(batch.used, batch.used += bytes);
    this.#push(batch, address === undefined ? { topic, payload } : { topic, payload, address });
    if (batch.gaps.size > 0) batch.gaps.delete(`${address} ${topic}`);
    return true;
  }

  #push(batch: Batch, frame: Frame): void {
    batch.frames.push(frame);
    this.#queued++;
  }

  /** Drops a frame, and puts a gap in the place of all that a topic of a publisher loses there. */
  #lose(topic: string, address: string | undefined, reason: keyof typeof GAPS): true {
    const batch = this.#queue.at(-1);
    const place = `${address} ${topic}`;
    if (address !== undefined && this.wants(topic) && batch?.gaps.has(place) === false) {
      batch.gaps.add(place);
      this.#push(batch, { topic, payload: NO_ROOM, address, gap: GAPS[reason] });
    }
    return this.#drop(reason);
  }

  /** The last batch, if another frame fits into it. */
  get #lastWithRoom(): Batch | undefined {
    const last = this.#queue.at(-1);
    const hasRoom = last !== undefined && last.frames.length < MAX_BATCH_FRAMES &&
      last.memory.length - last.used >= this.#maxEventBytes;
    return hasRoom ? last : undefined;
  }

  get #batchBytes(): number {
    return this.#maxEventBytes + BATCH_BYTES;
  }

  /** Whether the reader's queue takes another frame. */
  get #hasRoom(): boolean {
    if (this.#queued >= this.#maxFrames) return false;
    const batches = this.#queue.length;
    return batches === 0 || this.#lastWithRoom !== undefined ||
      (batches + 1) * this.#batchBytes <= MAX_QUEUE_BYTES;
  }

  #batchWithRoom(): Batch | undefined {
    if (!this.#hasRoom) return undefined;
    const last = this.#lastWithRoom;
    if (last !== undefined) return last;
    const memory = this.#free ?? new Uint8Array(this.#batchBytes);
    const batch = { frames: [], gaps: new Set<string>(), memory, used: 0 };
    this.#free = undefined;
    this.#queue.push(batch);
    return batch;
  }

  #drop(reason: DropReason): true {
    this.health.publish({ kind: "dropped", reason, total: ++this.#dropped });
    return true;
  }

  async stop(options: WaitOptions = {}): Promise<StopReport> {
    if (this.#state === "open") this.#state = "stopping";
    this.changed.notify();
    const bounds = { timeoutMs: STOP_TIMEOUT_MS, ...options };
    const hasEnded = await this.changed.until(() => !this.#isReading, bounds);
    return { drained: hasEnded && this.#state !== "closed" && this.#isEmpty() };
  }

  #isEmpty(): boolean {
    return this.#queued === 0 && [...this.sockets.keys()].every((socket) => !socket.hasMessage());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = "closed";
    this.changed.notify();
    this.health.close();
    this.sockets.clear();
    await this.engine.close();
  }
}
