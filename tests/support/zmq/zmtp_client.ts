import { joined } from "../../../drivers/contract/joined.ts";

const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** A connection that performs the ZMTP 3.0 handshake and nothing else. */
class ZmtpConnection implements Disposable {
  readonly #connection: Deno.Conn;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  protected async handshake(socketType: string): Promise<this> {
    await this.writeAll(joined([greeting(), ready(socketType)]));
    await this.#readAll(GREETING_BYTES);
    const [, size = 0] = await this.#readAll(2);
    await this.#readAll(size);
    return this;
  }

  protected async writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Resolves when the kernel has accepted the whole message. */
  async send(topic: string, payload: string): Promise<void> {
    const encode = (text: string) => new TextEncoder().encode(text);
    await this.writeAll(joined([frame(encode(topic), MORE), frame(encode(payload), 0)]));
  }

  /** Returns at most `max` received bytes, or null at the end. */
  async read(max: number): Promise<Uint8Array | null> {
    const into = new Uint8Array(max);
    const size = await this.#connection.read(into);
    return size === null ? null : into.subarray(0, size);
  }

  async #readAll(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      const part = await this.read(left);
      if (part === null) throw new Error("the service closed the connection");
      parts.push(part);
      left -= part.length;
    }
    return joined(parts);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** A publisher to a PULL socket that reports which bytes the kernel has accepted. */
export class ZmtpPush extends ZmtpConnection {
  /** Connects to a PULL socket and performs the handshake of a PUSH socket. */
  static async connect(path: string): Promise<ZmtpPush> {
    return await new ZmtpPush(await Deno.connect({ transport: "unix", path })).handshake("PUSH");
  }
}

/** A subscriber that reads from the kernel only on request. */
export class ZmtpSub extends ZmtpConnection {
  /** Connects to a publisher on this host and performs the handshake of a SUB socket. */
  static async connect(port: number): Promise<ZmtpSub> {
    return await new ZmtpSub(await Deno.connect({ hostname: "127.0.0.1", port })).handshake("SUB");
  }

  async subscribe(topic: string): Promise<void> {
    const body = joined([Uint8Array.of(1), new TextEncoder().encode(topic)]);
    await this.writeAll(frame(body, 0));
  }
}

/** A publisher of ZMTP 3.0. It answers no heartbeat, like libzmq 4.0 and 4.1. */
export class ZmtpPub extends ZmtpConnection {
  /** Waits for a subscriber and performs the handshake of a PUB socket. */
  static async accept(listener: Deno.Listener): Promise<ZmtpPub> {
    return await new ZmtpPub(await listener.accept()).handshake("PUB");
  }

  /** Reads what the subscriber sends until the subscriber closes the connection. */
  async untilClosed(): Promise<string> {
    let text = "";
    const read = () => this.read(4_096).catch(() => null);
    for (let bytes = await read(); bytes !== null; bytes = await read()) {
      text += new TextDecoder("latin1").decode(bytes);
    }
    return text;
  }
}

function greeting(): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes.set([0x7f, 3, 0], 9);
  bytes.set(new TextEncoder().encode("NULL"), 12);
  return bytes;
}

function ready(socketType: string): Uint8Array {
  const size = String.fromCharCode(socketType.length);
  const text = `\x05READY\x0bSocket-Type\0\0\0${size}${socketType}`;
  return frame(new TextEncoder().encode(text), COMMAND);
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) return joined([Uint8Array.of(flags, body.length), body]);
  const head = new DataView(new ArrayBuffer(9));
  head.setUint8(0, flags | LONG);
  head.setBigUint64(1, BigInt(body.length));
  return joined([new Uint8Array(head.buffer), body]);
}
