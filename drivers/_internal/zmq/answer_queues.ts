import { messageOf } from "../../contract/errors.ts";
import type { Delivery } from "./libzmq.ts";

/** The bounds of {@linkcode AnswerQueues}, and whom they tell. */
export interface AnswerQueueOptions {
  /** The most octets of one answer. */
  readonly maxFrameOctets: number;
  /** How many of those may wait for one asker. */
  readonly each: number;
  /** How many of those may wait for all askers together. */
  readonly all: number;
  /** An asker that takes nothing of what waits for so long is given up. */
  readonly giveUpAfterMs: number;
  /** Called for each answer that had been kept and goes nowhere, its asker being there. */
  readonly onLost: (why: string) => void;
  /** Milliseconds that only grow. @default performance.now */
  readonly now?: () => number;
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
  /** When the asker took the last answer, or the first began to wait. */
  movedAt: number;
}

/** What a waiting answer takes beside its own octets, on the safe side. */
const BOOKKEEPING_OCTETS = 256;
/** Where there is no room for others, askers are given up so many times sooner. */
const WHEN_FULL = 10;
/** Askers that were given up, remembered so that they do not take the room of others again. */
const MOST_GIVEN_UP = 1_024;

/**
 * Answers on their way to askers, each asker's in their order. libzmq's own queue is short, because it
 * counts messages whatever their size; what it refuses waits here, within a bound of octets.
 *
 * For an asker that was given up nothing waits any more until libzmq takes an answer for it.
 */
export class AnswerQueues {
  readonly #send: Send;
  readonly #options: AnswerQueueOptions;
  readonly #now: () => number;
  readonly #queues = new Map<string, Queue>();
  readonly #givenUp = new Set<string>();
  /** Of all queues. */
  #octets = 0;

  constructor(send: Send, options: AnswerQueueOptions) {
    this.#send = send;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** Whether so much waits for an asker that another answer might have no room. */
  isBehind({ name }: AnswerAddress): boolean {
    const waiting = this.#queues.get(name)?.octets ?? 0;
    return waiting > this.#most(this.#options.each - 1);
  }

  #most(answers: number): number {
    return answers * (this.#options.maxFrameOctets + BOOKKEEPING_OCTETS);
  }

  /** Sends a frame, at once or when there is room; `full` when there is none here either. */
  send(asker: AnswerAddress, frame: Uint8Array<ArrayBuffer>): Delivery {
    const { identity, name } = asker;
    const delivery = this.#queues.has(name) ? "full" : this.#send(identity, frame);
    if (delivery === "full") return this.#keep(asker, frame) ? "sent" : "full";
    this.#givenUp.delete(name);
    return delivery;
  }

  #keep({ identity, name }: AnswerAddress, frame: Uint8Array<ArrayBuffer>): boolean {
    if (this.#givenUp.has(name)) return false;
    const octets = frame.length + BOOKKEEPING_OCTETS;
    const queue = this.#queues.get(name) ??
      { identity, frames: [], octets: 0, movedAt: this.#now() };
    if (queue.octets + octets > this.#most(this.#options.each)) return false;
    if (!this.#hasRoom(octets)) this.#giveUp(this.#options.giveUpAfterMs / WHEN_FULL);
    if (!this.#hasRoom(octets) || this.#givenUp.has(name)) return false;
    this.#queues.set(name, queue);
    queue.frames.push(frame);
    this.#count(queue, octets);
    return true;
  }

  #hasRoom(octets: number): boolean {
    return this.#octets + octets <= this.#most(this.#options.all);
  }

  #count(queue: Queue, octets: number): void {
    queue.octets += octets;
    this.#octets += octets;
  }

  /**
   * Sends what there is room for by now; what waits for an asker that has gone goes with it, and what
   * waits for one that was given up or cannot be sent to is lost. It does not throw.
   */
  flush(): void {
    for (const [name, queue] of this.#queues) {
      try {
        if (this.#flushOne(queue) !== "full") this.#end(name, queue);
      } catch (error) {
        this.#lose(name, queue, messageOf(error));
      }
    }
    this.#giveUp(this.#options.giveUpAfterMs);
  }

  /** Gives up those that have taken nothing for so long. */
  #giveUp(afterMs: number): void {
    const before = this.#now() - afterMs;
    for (const [name, queue] of this.#queues) {
      if (queue.movedAt > before) continue;
      this.#noteGivenUp(name);
      this.#lose(name, queue, "for a requester that reads none");
    }
  }

  /** Sends from the front; what has become of the last that it tried. */
  #flushOne(queue: Queue): Delivery {
    let sent = 0;
    try {
      for (const frame of queue.frames) {
        const delivery = this.#send(queue.identity, frame);
        if (delivery !== "sent") return delivery;
        sent++;
      }
      return "sent";
    } finally {
      this.#takeOut(queue, sent);
    }
  }

  #takeOut(queue: Queue, sent: number): void {
    for (const { length } of queue.frames.splice(0, sent)) {
      this.#count(queue, -(length + BOOKKEEPING_OCTETS));
    }
    if (sent > 0) queue.movedAt = this.#now();
  }

  // Forgetting one that still does not read costs its room for a while, and nothing more.
  #noteGivenUp(name: string): void {
    if (this.#givenUp.size >= MOST_GIVEN_UP) this.#givenUp.clear();
    this.#givenUp.add(name);
  }

  #lose(name: string, queue: Queue, why: string): void {
    this.#end(name, queue);
    for (let lost = 0; lost < queue.frames.length; lost++) this.#options.onLost(why);
  }

  #end(name: string, queue: Queue): void {
    this.#queues.delete(name);
    this.#octets -= queue.octets;
  }

  /** Lets go of everything that waits. */
  clear(): void {
    this.#queues.clear();
    this.#octets = 0;
  }
}
