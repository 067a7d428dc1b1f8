import { joined } from "../../../drivers/contract/joined.ts";
import { startProxy, type TcpProxy } from "../../support/tcp_proxy.ts";

const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const SHORT_HEAD_BYTES = 2;
const LONG_HEAD_BYTES = 9;

/** The frames of one message without their headers. Valid only during the call. */
export type MessageTest = (frames: readonly Uint8Array[]) => boolean;

/**
 * Passes one direction of a ZMTP 3 connection through, and drops certain whole messages. The
 * remaining bytes are a valid stream, so neither end notices.
 */
export class ZmtpFilter {
  readonly #drops: MessageTest;
  #greetingLeft = GREETING_BYTES;
  #buffered: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param drops called with each message in order; returns true to drop it */
  constructor(drops: MessageTest) {
    this.#drops = drops;
  }

  /** Accepts bytes in portions of any size, and returns the bytes to forward. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const greeting = Math.min(this.#greetingLeft, bytes.length);
    this.#greetingLeft -= greeting;
    this.#buffered = joined([this.#buffered, bytes.subarray(greeting)]);
    const passed = [bytes.subarray(0, greeting)];
    let at = 0;
    for (let end; (end = this.#messageEnd(at)) !== undefined; at = end) {
      const whole = this.#buffered.subarray(at, end);
      if (isCommand(whole) || !this.#drops(framesOf(whole))) passed.push(whole);
    }
    const result = joined(passed);
    this.#buffered = this.#buffered.slice(at);
    return result;
  }

  /**
   * Returns the end of the message that begins at `at`, or undefined while the message is
   * incomplete.
   */
  #messageEnd(start: number): number | undefined {
    let at = start;
    for (;;) {
      const frame = frameAt(this.#buffered, at);
      if (frame === undefined || frame.end > this.#buffered.length) return undefined;
      at = frame.end;
      if ((frame.flags & MORE) === 0) return at;
    }
  }
}

/** Starts a proxy to a port of this host that drops certain messages from there. */
export function filteringProxy(port: number, drops: MessageTest): Promise<TcpProxy> {
  const replies = () => {
    const filter = new ZmtpFilter(drops);
    return new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (bytes, controller) => controller.enqueue(filter.push(bytes)),
    });
  };
  return startProxy(port, undefined, replies);
}

interface FrameBounds {
  readonly flags: number;
  readonly begin: number;
  readonly end: number;
}

function frameAt(bytes: Uint8Array, at: number): FrameBounds | undefined {
  const flags = bytes[at];
  if (flags === undefined) return undefined;
  const headBytes = flags & LONG ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES;
  if (at + headBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = flags & LONG ? Number(view.getBigUint64(at + 1)) : view.getUint8(at + 1);
  const begin = at + headBytes;
  return { flags, begin, end: begin + length };
}

function isCommand(message: Uint8Array): boolean {
  return ((message[0] ?? 0) & COMMAND) !== 0;
}

function framesOf(message: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < message.length;) {
    const frame = frameAt(message, at);
    if (frame === undefined) break;
    frames.push(message.subarray(frame.begin, frame.end));
    at = frame.end;
  }
  return frames;
}
