import { Buffer } from "node:buffer";
import { Command, type Redis } from "ioredis";

const CHUNK_OCTETS = 64 * 1024;
/** The longest `$<length>\r\n` and the `\r\n` after a payload. */
const FRAMING_OCTETS = 16;
const CR = 13;
const LF = 10;

/** Told whether a command was answered well. */
export type OnAnswer = (error: Error | undefined) => void;

/** One command of a batch. */
export interface BatchedCommand {
  /** The command as the protocol (RESP) writes it, a view of the batch's memory. */
  readonly bytes: Uint8Array;
  readonly onAnswer: OnAnswer;
}

/**
 * Many commands of one kind that leave in one write and are answered one by one.
 *
 * ioredis makes an object, a promise and a buffer for each command, which costs ten times what the
 * command costs the server. Here it is handed one command as often as there are answers to come;
 * that command writes all of them the first time it is asked to, and counts its answers.
 */
export class CommandBatch extends Command {
  /** Called when the last answer has come. */
  onComplete: () => void = () => {};
  /** Sends a command that was answered with an error to another server; false when it does not. */
  follow: (error: Error, command: BatchedCommand) => boolean = () => false;
  readonly #onAnswer: OnAnswer;
  readonly #octets: Buffer;
  readonly #listeners: OnAnswer[] = [];
  /** Where each command ends. */
  readonly #ends: number[] = [];
  #used = 0;
  #answered = 0;
  #isWritten = false;

  /**
   * @param needed the least number of octets there must be room for
   * @param onAnswer told of each answer, after the listener of that command
   */
  constructor(name: string, needed: number, onAnswer: OnAnswer) {
    super(name);
    this.#onAnswer = onAnswer;
    this.#octets = Buffer.allocUnsafe(Math.max(CHUNK_OCTETS, needed));
    this.resolve = () => this.#answer(undefined);
    this.reject = (error) => this.#answer(error);
  }

  /** How many octets its commands take. */
  get size(): number {
    return this.#used;
  }

  /** The most octets that a command takes. */
  static need(head: Uint8Array, payload: Uint8Array): number {
    return head.length + payload.length + FRAMING_OCTETS;
  }

  /** Whether a command of so many octets still fits in. */
  fits(needed: number): boolean {
    return this.#used + needed <= this.#octets.length;
  }

  /** Adds the command that begins with `head` and ends with the payload; copies both. */
  add(head: Uint8Array, payload: Uint8Array, onAnswer: OnAnswer): void {
    const octets = this.#octets;
    octets.set(head, this.#used);
    let at = this.#used + head.length;
    at += octets.write(`$${payload.length}\r\n`, at, "latin1");
    octets.set(payload, at);
    at += payload.length;
    octets[at++] = CR;
    octets[at++] = LF;
    this.#end(at, onAnswer);
  }

  /** Adds a command of another batch. */
  addAgain({ bytes, onAnswer }: BatchedCommand): void {
    this.#octets.set(bytes, this.#used);
    this.#end(this.#used + bytes.length, onAnswer);
  }

  #end(at: number, onAnswer: OnAnswer): void {
    this.#used = at;
    this.#ends.push(at);
    this.#listeners.push(onAnswer);
  }

  /** Sends it; where that cannot be done every answer is an error. */
  sendBy(redis: Redis): void {
    const write = (data: string | Buffer) => data.length > 0 && redis.stream.write(data);
    const stream = { isPipeline: true as const, write, destination: { redis } };
    const count = this.#listeners.length;
    for (let sent = 0; sent < count; sent++) redis.sendCommand(this, stream);
  }

  /** All commands the first time, nothing after that. */
  override toWritable(): string | Buffer {
    if (this.#isWritten) return "";
    this.#isWritten = true;
    return this.#octets.subarray(0, this.#used);
  }

  /** None of its own: a server that stays silent is noticed by the connection. */
  override setTimeout(): void {}

  #answer(error: Error | undefined): void {
    const at = this.#answered++;
    const isElsewhere = error !== undefined && this.follow(error, this.#command(at));
    if (!isElsewhere) this.#listeners[at]?.(error);
    if (this.#answered === this.#listeners.length) this.onComplete();
    if (!isElsewhere) this.#onAnswer(error);
  }

  #command(at: number): BatchedCommand {
    const bytes = this.#octets.subarray(this.#ends[at - 1] ?? 0, this.#ends[at]);
    return { bytes, onAnswer: (error) => this.#listeners[at]?.(error) };
  }
}
