import assert from "node:assert/strict";
import {
  FLAG,
  frame,
  greeting,
  GREETING_BYTES,
  ready,
} from "../../../drivers/_internal/zmtp/wire.ts";
import { joined } from "../../../drivers/contract/joined.ts";
import { sessionProperties } from "../../../drivers/_internal/zmtp/session.ts";
import { bytesOf } from "../frame_reader.ts";

/** Encodes the frames of a message as bytes of the wire. */
export function message(...frames: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts = frames.map((text, index) =>
    frame(index < frames.length - 1 ? FLAG.more : 0, bytesOf(text))
  );
  return joined(parts);
}

/** The bytes that a publisher (or another socket type) sends before its first message. */
export function handshake(
  { hasSession = false, socketType = "PUSH" } = {},
): Uint8Array<ArrayBuffer> {
  const session = sessionProperties({ node: "test", processId: 1, version: "0" });
  return joined([greeting(), ready(socketType, hasSession ? session : new Map())]);
}

/** A service's verdicts on the messages of a connection. */
export interface Verdicts {
  handled: number;
  readonly refused: number[];
}

/** A connection to a publisher service that writes arbitrary bytes. */
export class RawPublisher implements Disposable {
  readonly #connection: Deno.Conn;
  #unread = new Uint8Array(0);

  static async connect(path: string): Promise<RawPublisher> {
    return new RawPublisher(await Deno.connect({ transport: "unix", path }));
  }

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Reads until the service has closed the connection. */
  async untilClosed(): Promise<void> {
    const into = new Uint8Array(4_096);
    while (await this.#connection.read(into).catch(() => null) !== null);
  }

  /** Resolves with the service's verdicts, once it has handled `count` messages. */
  async verdicts(count: number): Promise<Verdicts> {
    const verdicts: Verdicts = { handled: 0, refused: [] };
    await this.#read(GREETING_BYTES);
    while (verdicts.handled < count) {
      const { numbers } = await this.#command();
      const [first = 0, ...refused] = numbers;
      verdicts.handled = first;
      verdicts.refused.push(...refused);
    }
    return verdicts;
  }

  /** The numbers in the next command, or none for READY. */
  async #command(): Promise<{ readonly numbers: number[] }> {
    const [flags = 0, short = 0] = await this.#read(2);
    assert.equal(flags & FLAG.command, FLAG.command, "a message from a service");
    const rest = (flags & FLAG.long) === 0 ? undefined : await this.#read(7);
    const size = rest === undefined ? short : new DataView(rest.buffer).getUint32(3);
    const body = await this.#read(size);
    const nameEnd = 1 + (body[0] ?? 0);
    const name = new TextDecoder().decode(body.subarray(1, nameEnd));
    if (name !== "X-DF-ACK") return { numbers: [] };
    const view = new DataView(body.slice(nameEnd).buffer);
    const count = view.byteLength / 8;
    return { numbers: Array.from({ length: count }, (_, at) => Number(view.getBigUint64(at * 8))) };
  }

  async #read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#unread.length < count) {
      const into = new Uint8Array(4_096);
      const size = await this.#connection.read(into);
      assert(size !== null, "the service closed the connection");
      this.#unread = joined([this.#unread, into.subarray(0, size)]);
    }
    const bytes = this.#unread.slice(0, count);
    this.#unread = this.#unread.slice(count);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
