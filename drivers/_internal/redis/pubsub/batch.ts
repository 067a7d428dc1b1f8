import { Buffer } from "node:buffer";
import type { Redis } from "ioredis";
import { RepeatedCommand, sendRepeated } from "./repeated_command.ts";

const CHUNK_BYTES = 64 * 1024;
/** The longest `$<length>\r\n` and the `\r\n` after a payload. */
const FRAMING_BYTES = 16;
const LINE_END_BYTES = 2;
const CR = 13;
const LF = 10;

/** One command of a batch. */
export interface BatchedCommand {
  /** The command as the protocol (RESP) writes it, a view of the batch's memory. */
  readonly bytes: Uint8Array;
  readonly onAnswer: OnAnswer;
}

/** A command that was answered with an error, or not at all. */
export interface FailedCommand extends BatchedCommand {
  readonly error: Error;
}

/** Receives the answer to one command: nothing when the server has done it. */
export type OnAnswer = (failed?: FailedCommand) => void;

/** The last argument of a command, of which the size is known. */
export function payloadOf({ bytes }: BatchedCommand, size: number): Uint8Array {
  const end = bytes.length - LINE_END_BYTES;
  return bytes.subarray(end - size, end);
}

/** Many commands of one kind that leave in one write and are answered one by one. */
export class CommandBatch {
  /** Called when the last answer has come. */
  onComplete: () => void = () => {};
  /** Sends a command that was answered with an error to another server; false when it does not. */
  follow: (failed: FailedCommand) => boolean = () => false;
  readonly #name: string;
  readonly #onAnswer: (error: Error | undefined) => void;
  readonly #bytes: Buffer;
  readonly #listeners: OnAnswer[] = [];
  /** Where each command ends. */
  readonly #ends: number[] = [];
  #used = 0;
  #answered = 0;

  /**
   * @param needed how many bytes there must be room for at least
   * @param onAnswer receives each answer, after the listener of that command
   */
  constructor(name: string, needed: number, onAnswer: (error: Error | undefined) => void) {
    this.#name = name;
    this.#onAnswer = onAnswer;
    this.#bytes = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, needed));
  }

  /** How many bytes its commands take. */
  get size(): number {
    return this.#used;
  }

  /** Maximum bytes that a command takes. */
  static need(head: Uint8Array, payload: Uint8Array): number {
    return head.length + payload.length + FRAMING_BYTES;
  }

  /** Whether a command of that many bytes still fits in. */
  fits(needed: number): boolean {
    return this.#used + needed <= this.#bytes.length;
  }

  /** Adds the command that begins with `head` and ends with the payload; copies both. */
  add(head: Uint8Array, payload: Uint8Array, onAnswer: OnAnswer): void {
    const bytes = this.#bytes;
    bytes.set(head, this.#used);
    let at = this.#used + head.length;
    const length = `$${payload.length}\r\n`;
    // Not `bytes.write`, which makes a Buffer of the text first: 1 µs of the relay's 5 for an event.
    for (let i = 0; i < length.length; i++) bytes[at++] = length.charCodeAt(i);
    bytes.set(payload, at);
    at += payload.length;
    bytes[at++] = CR;
    bytes[at++] = LF;
    this.#end(at, onAnswer);
  }

  /** Adds a command of another batch. */
  addAgain({ bytes, onAnswer }: BatchedCommand): void {
    this.#bytes.set(bytes, this.#used);
    this.#end(this.#used + bytes.length, onAnswer);
  }

  #end(at: number, onAnswer: OnAnswer): void {
    this.#used = at;
    this.#ends.push(at);
    this.#listeners.push(onAnswer);
  }

  /** Sends it; where that cannot be done every answer is an error. */
  sendBy(redis: Redis): void {
    const bytes = this.#bytes.subarray(0, this.#used);
    const command = new RepeatedCommand(this.#name, bytes, (error) => this.#answer(error));
    sendRepeated(redis, command, this.#listeners.length);
  }

  #answer(error: Error | undefined): void {
    const at = this.#answered++;
    const failed = error && this.#failed(at, error);
    const isElsewhere = failed !== undefined && this.follow(failed);
    if (!isElsewhere) this.#listeners[at]?.(failed);
    if (this.#answered === this.#listeners.length) this.onComplete();
    if (!isElsewhere) this.#onAnswer(error);
  }

  #failed(at: number, error: Error): FailedCommand {
    const bytes = this.#bytes.subarray(this.#ends[at - 1] ?? 0, this.#ends[at]);
    return { error, bytes, onAnswer: (failed) => this.#listeners[at]?.(failed) };
  }
}
