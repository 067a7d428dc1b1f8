import type { DropReason } from "../../contract/health.ts";
import type { Frame, SubscriberCounters } from "../../contract/pubsub.ts";
import type { ZmqSocket } from "./libzmq.ts";
import { LibzmqOctets } from "./libzmq_octets.ts";
import { MAX_TOPIC_BYTES, TopicCache } from "../topic_cache.ts";

const BATCH_BYTES = 1 << 20;
const BATCH_MESSAGES = 512;
const TOPIC_BUFFER_BYTES = MAX_TOPIC_BYTES + 1;

/** What a receiver asks of the driver that owns it. */
export interface ReceiverHooks {
  /** Whether frames of this topic are wanted; libzmq matches by prefix, we do not. */
  readonly wants: (topic: string) => boolean;
  readonly onDrop: (reason: DropReason, total: number) => void;
  /** Whether a topic that is no UTF-8 is the answer to a probe of ours. */
  readonly isEcho?: (topic: Uint8Array, socket: ZmqSocket) => boolean;
  /** The address that a socket is connected to, where each has its own. */
  readonly addressOf?: (socket: ZmqSocket) => string | undefined;
}

/**
 * Gathers two-frame messages from sockets into batches.
 *
 * Payloads lie in one buffer that every batch uses again: this is why batches are borrowed.
 */
export class ZmqReceiver {
  readonly #maxEventBytes: number;
  readonly #hooks: ReceiverHooks;
  readonly #topics = new TopicCache();
  readonly #topic = new LibzmqOctets(TOPIC_BUFFER_BYTES);
  readonly #arena: LibzmqOctets;
  #frames: Frame[] = [];
  #address: string | undefined;
  #used = 0;
  #looked = 0;
  #turn = 0;
  #received = 0;
  #dropped = 0;

  constructor(maxEventBytes: number, hooks: ReceiverHooks) {
    this.#maxEventBytes = maxEventBytes;
    this.#hooks = hooks;
    this.#arena = new LibzmqOctets(maxEventBytes + BATCH_BYTES);
  }

  get counters(): SubscriberCounters {
    return { received: this.#received, dropped: this.#dropped };
  }

  /**
   * Receives what waits on the sockets until they are empty or the batch is full. Each call begins
   * with another socket, so that one that never runs empty keeps none of the others waiting.
   */
  fill(
    sockets: readonly ZmqSocket[],
  ): { readonly frames: readonly Frame[]; readonly full: boolean } {
    this.#frames = [];
    this.#used = 0;
    this.#looked = 0;
    const first = this.#turn++;
    for (let index = 0; index < sockets.length; index++) {
      const socket = sockets[(first + index) % sockets.length];
      if (socket === undefined) continue;
      this.#address = this.#hooks.addressOf?.(socket);
      while (!this.#full && this.#receiveOne(socket));
    }
    this.#received += this.#frames.length;
    return { frames: this.#frames, full: this.#full };
  }

  // What is dropped counts too: a peer that sends nothing else must not keep us here.
  get #full(): boolean {
    return this.#looked >= BATCH_MESSAGES ||
      this.#arena.octets.length - this.#used < this.#maxEventBytes;
  }

  /** False when no message is waiting. */
  #receiveOne(socket: ZmqSocket): boolean {
    const topicBytes = socket.receiveAt(this.#topic, 0);
    if (topicBytes < 0) return false;
    this.#looked++;
    if (!socket.more) return this.#drop("frame-count");
    const bytes = socket.receiveAt(this.#arena, this.#used);
    if (socket.more) return this.#dropRest(socket);
    const topic = this.#topics.text(this.#topic.octets, topicBytes);
    if (topic === undefined) return this.#dropTopic(socket, topicBytes);
    if (bytes > this.#maxEventBytes) return this.#drop("frame-too-large");
    if (this.#hooks.wants(topic)) {
      const start = this.#used;
      this.#used += bytes;
      this.#frames.push(this.#frame(topic, this.#arena.octets.subarray(start, this.#used)));
    }
    return true;
  }

  #frame(topic: string, payload: Uint8Array): Frame {
    const address = this.#address;
    return address === undefined ? { topic, payload } : { topic, payload, address };
  }

  #dropTopic(socket: ZmqSocket, bytes: number): true {
    const isEcho = this.#hooks.isEcho?.(this.#topic.octets.subarray(0, bytes), socket) ?? false;
    return isEcho ? true : this.#drop("topic-invalid");
  }

  #dropRest(socket: ZmqSocket): true {
    const scratch = new Uint8Array(0);
    while (socket.more) socket.receive(scratch);
    return this.#drop("frame-count");
  }

  #drop(reason: DropReason): true {
    this.#dropped++;
    this.#hooks.onDrop(reason, this.#dropped);
    return true;
  }
}
