import { joined } from "../../contract/joined.ts";
import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";
import type { SendSource } from "./connection_types.ts";

const WORTH_SENDING_BYTES = 16 * 1024;

/** Writes queued commands to a stream, and the messages of a source between them. */
export class Outgoing {
  /** Whether the stream has no room. */
  isBlocked = false;
  /** When the stream last accepted bytes, by `performance.now()`. */
  sentAt = performance.now();
  readonly #stream: ByteStream;
  readonly #source: SendSource | undefined;
  readonly #commands: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  /** Whether the first command has been sent in part, or had no room. */
  #isMidCommand = false;

  constructor(stream: ByteStream, source: SendSource | undefined) {
    this.#stream = stream;
    this.#source = source;
  }

  /** Size of the queued commands, in bytes. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether enough is queued that it should be sent before more is added: 16 KiB. */
  get isWorthSending(): boolean {
    return this.#queuedBytes >= WORTH_SENDING_BYTES;
  }

  /** Whether a frame that is sent now would not interrupt another frame or a message. */
  get isBetweenMessages(): boolean {
    return !this.#isMidCommand && this.#source?.isBetweenMessages !== false;
  }

  /** Time for which the stream has accepted nothing although data is queued, in milliseconds. */
  stalledMs(now: number): number {
    return this.isBlocked ? now - this.sentAt : 0;
  }

  /** Queues a complete frame, to be sent between two messages. */
  add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#commands.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  /**
   * Sends what is queued, until the stream has no room.
   *
   * @param withMessages whether messages are sent, too
   * @returns whether the stream has ended
   */
  pump(withMessages: boolean): boolean {
    while (!this.isBlocked) {
      const command = this.#nextCommands();
      const bytes = command ?? (withMessages ? this.#source?.next() : undefined);
      if (bytes === undefined) return false;
      const sent = this.#stream.send(bytes);
      if (sent === ENDED) return true;
      if (command === undefined) this.#source?.sent(sent);
      else this.#noteCommandSent(command, sent);
      if (sent > 0) this.sentAt = performance.now();
      this.isBlocked = sent < bytes.length;
    }
    return false;
  }

  /**
   * All commands joined, beginning with the rest of one that was sent in part; undefined inside a
   * message.
   */
  #nextCommands(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#source?.isBetweenMessages === false) return undefined;
    if (this.#commands.length <= 1) return this.#commands[0];
    const bytes = joined(this.#commands.splice(0));
    this.#commands.push(bytes);
    return bytes;
  }

  #noteCommandSent(command: Uint8Array<ArrayBuffer>, sent: number): void {
    this.#queuedBytes -= sent;
    this.#isMidCommand = sent < command.length;
    if (sent === command.length) this.#commands.shift();
    else this.#commands[0] = command.subarray(sent);
  }
}
