import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { TlsContext } from "../../../../drivers/_internal/libssl/context.ts";
import { TlsSession } from "../../../../drivers/_internal/libssl/session.ts";
import { makeTlsFiles } from "../../../support/tls_files.ts";

const MAX_STEPS = 6;

/** Damages the signature of a certificate: it is in the last bytes. */
function forged(pem: string): string {
  const [head = "", body = "", end = ""] = pem.split(/(?<=BEGIN CERTIFICATE-----)|(?=-----END)/);
  const der = Buffer.from(body, "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return `${head}\n${der.toString("base64")}\n${end}`;
}

/** Both ends of a connection. Each gets the bytes of the other in pieces of this size. */
class Ends implements Disposable {
  readonly server: TlsSession;
  readonly client: TlsSession;
  readonly #size: number;

  constructor(server: TlsContext, client: TlsContext, size: number) {
    this.server = new TlsSession(server, "server");
    this.client = new TlsSession(client, "client");
    this.#size = size;
  }

  /** Completes the handshake of both ends. */
  shake(): void {
    const done = { server: false, client: false };
    const shake = (side: "server" | "client") => {
      const result = done[side] || this[side].shake();
      assert(typeof result === "boolean", `${side}: ${result}`);
      done[side] = result;
    };
    for (let step = 0; step < MAX_STEPS && !(done.server && done.client); step++) {
      shake("client");
      this.#move(this.client, this.server, () => shake("server"));
      this.#move(this.server, this.client, () => shake("client"));
    }
    assert.deepEqual(done, { server: true, client: true });
  }

  #move(from: TlsSession, to: TlsSession, onMoved: () => void): void {
    const bytes = new Uint8Array(64 * 1024);
    const count = from.output(bytes);
    for (let at = 0; at < count; at += this.#size) {
      to.feed(bytes.slice(at, Math.min(at + this.#size, count)));
      onMoved();
    }
  }

  /** The server reads what the client writes. */
  say(text: string): string {
    const into = new Uint8Array(1_000);
    this.client.write(new TextEncoder().encode(text));
    this.#move(this.client, this.server, () => {});
    return new TextDecoder().decode(into.subarray(0, this.server.read(into)));
  }

  [Symbol.dispose](): void {
    this.server.free();
    this.client.free();
  }
}

for (const size of [1, Infinity]) {
  Deno.test(`TlsSession judges a certificate with a forged signature, and other sessions go on, in pieces of ${size}`, async () => {
    await using files = await makeTlsFiles();
    const text = (path: string) => Deno.readTextFile(path);
    const authorities = await text(files.authority.cert);
    const certificate = await text(files.client.cert);
    const key = await text(files.client.key);
    const identity = { certificate, key, authorities, minVersion: "1.3" } as const;
    using context = new TlsContext(identity);
    using forging = new TlsContext({ ...identity, certificate: forged(certificate) });
    using other = new Ends(context, context, size);
    other.shake();
    using ends = new Ends(context, forging, size);
    ends.shake();
    assert.equal(ends.server.peer.fault, "certificate signature failure");
    for (const each of [other, ends]) {
      assert.deepEqual([each.say("a"), each.server.ended], ["a", undefined]);
    }
  });
}
