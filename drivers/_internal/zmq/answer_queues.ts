import type { Delivery } from "./libzmq.ts";

/** The bounds of {@linkcode AnswerQueues}. */
export interface AnswerQueueBounds {
  /** The most octets that wait for one asker, unless it is one answer. */
  readonly maxOctets: number;
  /** The most askers for whom anything waits. */
  readonly maxAskers: number;
}

/** Where an answer goes. */
export interface AnswerAddress {
  readonly identity: Uint8Array<ArrayBuffer>;
  /** The same as text. */
  readonly name: string;
}

type Send = (identity: Uint8Array<ArrayBuffer>, frame: Uint8Array<ArrayBuffer>) => Delivery;

interface Queue {
  readonly identity: Uint8Array<ArrayBuffer>;
  readonly frames: Uint8Array<ArrayBuffer>[];
  octets: number;
}

/** What a waiting answer takes beside its own octets, on the safe side. */
const BOOKKEEPING_OCTETS = 256;

/**
 * Answers on their way to askers, each asker's in their order. libzmq's own queue is short, because it
 * counts messages whatever their size; what it refuses waits here, within a bound of octets.
 */
export class AnswerQueues {
  readonly #send: Send;
  readonly #bounds: AnswerQueueBounds;
  readonly #queues = new Map<string, Queue>();

  constructor(send: Send, bounds: AnswerQueueBounds) {
    this.#send = send;
    this.#bounds = bounds;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** Whether so much waits for an asker that to work for another answer is likely in vain. */
  isBehind({ name }: AnswerAddress): boolean {
    return (this.#queues.get(name)?.octets ?? 0) > this.#bounds.maxOctets / 2;
  }

  /** Sends a frame, at once or when there is room; `full` when there is none here either. */
  send({ identity, name }: AnswerAddress, frame: Uint8Array<ArrayBuffer>): Delivery {
    const queue = this.#queues.get(name);
    const delivery = queue === undefined ? this.#send(identity, frame) : "full";
    if (delivery !== "full") return delivery;
    const octets = frame.length + BOOKKEEPING_OCTETS;
    if (queue === undefined) return this.#begin(name, { identity, frames: [frame], octets });
    if (queue.octets + octets > this.#bounds.maxOctets) return "full";
    queue.frames.push(frame);
    queue.octets += octets;
    return "sent";
  }

  #begin(name: string, queue: Queue): Delivery {
    if (this.#queues.size >= this.#bounds.maxAskers) return "full";
    this.#queues.set(name, queue);
    return "sent";
  }

  /** Sends what there is room for by now; what waits for an asker that has gone goes with it. */
  flush(): void {
    for (const [name, queue] of this.#queues) {
      if (this.#flushOne(queue)) this.#queues.delete(name);
    }
  }

  /** Whether nothing is left of it. */
  #flushOne(queue: Queue): boolean {
    for (let sent = 0; sent < queue.frames.length; sent++) {
      const frame = queue.frames[sent] ?? new Uint8Array(0);
      const delivery = this.#send(queue.identity, frame);
      if (delivery === "gone") return true;
      if (delivery === "full") {
        queue.frames.splice(0, sent);
        return false;
      }
      queue.octets -= frame.length + BOOKKEEPING_OCTETS;
    }
    return true;
  }
}
