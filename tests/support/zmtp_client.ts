const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** Just enough of ZMTP 3.0 to know which octets the kernel has taken from a publisher. */
export class ZmtpPush implements Disposable {
  readonly #connection: Deno.Conn;

  /** Connects to a PULL socket and shakes hands as a PUSH socket. */
  static async connect(path: string): Promise<ZmtpPush> {
    const connection = await Deno.connect({ transport: "unix", path });
    const client = new ZmtpPush(connection);
    await client.#writeAll(concat([greeting(), ready()]));
    await client.#readAll(GREETING_BYTES + 2);
    return client;
  }

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Resolves when the kernel has taken the whole message. */
  async write(topic: string, payload: string): Promise<void> {
    const encode = (text: string) => new TextEncoder().encode(text);
    await this.#writeAll(concat([frame(encode(topic), MORE), frame(encode(payload), 0)]));
  }

  async #writeAll(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length;) at += await this.#connection.write(octets.subarray(at));
  }

  async #readAll(count: number): Promise<void> {
    const into = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const more = await this.#connection.read(into.subarray(at));
      if (more === null) throw new Error("the service closed the connection");
      at += more;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

function greeting(): Uint8Array {
  const octets = new Uint8Array(GREETING_BYTES);
  octets[0] = 0xff;
  octets.set([0x7f, 3, 0], 9);
  octets.set(new TextEncoder().encode("NULL"), 12);
  return octets;
}

function ready(): Uint8Array {
  const text = "\x05READY\x0bSocket-Type\0\0\0\x04PUSH";
  return frame(new TextEncoder().encode(text), COMMAND);
}

function frame(body: Uint8Array, flags: number): Uint8Array {
  if (body.length < 256) return concat([Uint8Array.of(flags, body.length), body]);
  const head = new DataView(new ArrayBuffer(9));
  head.setUint8(0, flags | LONG);
  head.setBigUint64(1, BigInt(body.length));
  return concat([new Uint8Array(head.buffer), body]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
