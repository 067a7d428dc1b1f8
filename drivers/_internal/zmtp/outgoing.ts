import { type ByteStream, ENDED } from "../sockets/byte_stream.ts";
import type { SendSource } from "./connection_types.ts";
import { joined } from "./wire.ts";

const WORTH_SENDING_BYTES = 16 * 1024;

/** Commands that wait, and messages of a source between them, on their way into a stream. */
export class Outgoing {
  /** Whether the stream has no room. */
  isBlocked = false;
  readonly #stream: ByteStream;
  readonly #source: SendSource | undefined;
  readonly #commands: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  /** The first of the commands has been sent in part. */
  #isMidCommand = false;
  /** When the stream took bytes last, as `performance.now()` counts. */
  #tookAt = performance.now();

  constructor(stream: ByteStream, source: SendSource | undefined) {
    this.#stream = stream;
    this.#source = source;
  }

  /** Bytes of commands that wait. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether so much waits that it is better sent before more is added: the peer hears of it. */
  get isWorthSending(): boolean {
    return this.#queuedBytes >= WORTH_SENDING_BYTES;
  }

  /** Whether a frame that is sent now does not come inside of another, or of a message. */
  get isBetweenMessages(): boolean {
    return !this.#isMidCommand && this.#source?.isBetweenMessages !== false;
  }

  /** Milliseconds for which the stream has taken nothing, although data is queued. */
  stalledMs(now: number): number {
    return this.isBlocked ? now - this.#tookAt : 0;
  }

  /** Adds a whole frame, to be sent between two messages. */
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
      if (sent > 0) this.#tookAt = performance.now();
      this.isBlocked = sent < bytes.length;
    }
    return false;
  }

  /** All commands in one piece, or the rest of what was sent in part; none inside a message. */
  #nextCommands(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#isMidCommand && this.#source?.isBetweenMessages === false) return undefined;
    if (this.#commands.length <= 1) return this.#commands[0];
    const bytes = joined(this.#commands.splice(0));
    this.#commands.push(bytes);
    return bytes;
  }

  #noteCommandSent(command: Uint8Array<ArrayBuffer>, sent: number): void {
    this.#queuedBytes -= sent;
    this.#isMidCommand = sent < command.length && (sent > 0 || this.#isMidCommand);
    if (sent === command.length) this.#commands.shift();
    else this.#commands[0] = command.subarray(sent);
  }
}
