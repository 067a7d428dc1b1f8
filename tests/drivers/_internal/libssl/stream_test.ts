import assert from "node:assert/strict";
import { TlsContext } from "../../../../drivers/_internal/libssl/context.ts";
import { loadLibssl } from "../../../../drivers/_internal/libssl/library.ts";
import { TlsStream } from "../../../../drivers/_internal/libssl/stream.ts";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { ENDED } from "../../../../drivers/_internal/sockets/byte_stream.ts";
import { FakeStream } from "../../../support/fakes/fake_stream.ts";
import { makeTlsFiles } from "../../../support/tls_files.ts";

const READ_BYTES = 64 * 1024;
const MAX_TURNS = 1_000;

/** A stream that notes how often each of its calls reads. */
class CountedStream extends FakeStream {
  reads = 0;

  override receive(into: Uint8Array<ArrayBuffer>): number {
    this.reads++;
    return super.receive(into);
  }
}

/** The end of a server, and a client of OpenSSL at which a test does what it likes. */
class Pair implements Disposable {
  readonly under = new CountedStream();
  /** How much the owner of the stream reads when it is asked to. */
  roomBytes = READ_BYTES;
  readonly stream: TlsStream;
  /** What every read has returned, and how often it has read from the stream below. */
  readonly turns: { readonly count: number; readonly reads: number }[] = [];
  readonly #call = loadLibssl().call;
  readonly #other = Deno.dlopen("libssl.so.3", {
    SSL_key_update: { parameters: ["pointer", "i32"], result: "i32" },
    BIO_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  });
  readonly #client: Deno.PointerValue;
  readonly #incoming: Deno.PointerValue;
  readonly #outgoing: Deno.PointerValue;
  readonly #bytes = new Uint8Array(READ_BYTES);

  static async open(context: TlsContext): Promise<Pair> {
    const pair = new Pair(context);
    await pair.#shake(() => pair.under.sent.length > 0);
    await pair.#shake(() => pair.turns.length > 0);
    return pair;
  }

  private constructor(context: TlsContext) {
    const call = this.#call;
    this.#client = call.SSL_new(context.pointer);
    this.#incoming = call.BIO_new(call.BIO_s_mem());
    this.#outgoing = call.BIO_new(call.BIO_s_mem());
    call.SSL_set_bio(this.#client, this.#incoming, this.#outgoing);
    call.SSL_set_connect_state(this.#client);
    this.stream = new TlsStream(this.under, {
      ...{ context, side: "server", judge: () => undefined, explain: () => undefined },
      onClosed: () => {},
    });
    this.stream.start({ onReadable: () => this.#read(), onWritable: () => {} });
  }

  /** The client takes a step of the handshake, and then the server, which may be busy with another. */
  async #shake(isDone: () => boolean): Promise<void> {
    const { bytes } = this.under;
    this.#call.BIO_write(this.#incoming, bytes, bytes.length);
    this.#call.SSL_do_handshake(this.#client);
    this.under.arrive(this.#output());
    for (let turn = 0; turn < MAX_TURNS && !isDone(); turn++) await nextTurn();
    assert(isDone());
  }

  #read(): void {
    if (this.roomBytes === 0) return;
    this.under.reads = 0;
    const count = this.stream.receive(this.#bytes.subarray(0, this.roomBytes));
    this.turns.push({ count, reads: this.under.reads });
    if (count === ENDED) this.stream.close();
  }

  #output(): Uint8Array {
    const into = new Uint8Array(READ_BYTES);
    const count = this.#other.symbols.BIO_read(this.#outgoing, into, into.length);
    return into.subarray(0, Math.max(0, count));
  }

  /** The client sends a text. */
  say(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#call.SSL_write(this.#client, bytes, bytes.length);
    this.under.arrive(this.#output());
  }

  /** The records of a client that changes its keys all the time, in pieces that fill a read. */
  keyUpdates(pieces: number): Uint8Array[] {
    const records = new Uint8Array((pieces + 1) * READ_BYTES);
    for (let at = 0; at < pieces * READ_BYTES;) {
      this.#other.symbols.SSL_key_update(this.#client, 0);
      this.#call.SSL_do_handshake(this.#client);
      const record = this.#output();
      records.set(record, at);
      at += record.length;
    }
    return Array.from(
      { length: pieces },
      (_, index) => records.slice(index * READ_BYTES, (index + 1) * READ_BYTES),
    );
  }

  [Symbol.dispose](): void {
    this.stream.close();
    this.#call.SSL_free(this.#client);
    this.#other.close();
  }
}

async function contextOf(): Promise<TlsContext> {
  await using files = await makeTlsFiles();
  const [certificate, key, authorities] = await Promise.all(
    [files.server.cert, files.server.key, files.authority.cert].map((path) =>
      Deno.readTextFile(path)
    ),
  );
  return new TlsContext({ certificate, key, authorities: authorities ?? "", minVersion: "1.3" });
}

Deno.test("TlsStream asks its owner to read until everything is read, when the owner has had no room", async () => {
  using context = await contextOf();
  using pair = await Pair.open(context);
  pair.roomBytes = 4_000;
  pair.say("x".repeat(6_000));
  pair.roomBytes = 0;
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  pair.roomBytes = 4_000;
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  assert.deepEqual(pair.turns.map(({ count }) => count).filter(Boolean), [4_000, 2_000]);
});

Deno.test("TlsStream still reads what the peer has sent, when nothing more can be sent", async () => {
  using context = await contextOf();
  using pair = await Pair.open(context);
  pair.under.takes.push(ENDED);
  assert.equal(pair.stream.send(new TextEncoder().encode("lost")), ENDED);
  assert.equal(pair.stream.send(new TextEncoder().encode("late")), ENDED);
  pair.say("one");
  pair.under.end();
  assert.deepEqual(pair.turns.map(({ count }) => count).filter(Boolean), [3, ENDED]);
});

Deno.test("TlsStream takes no bytes after finish, and other connections continue", async () => {
  using context = await contextOf();
  using finished = await Pair.open(context);
  using other = await Pair.open(context);
  finished.stream.shutdown("outgoing");
  assert.equal(finished.stream.send(new TextEncoder().encode("late")), ENDED);
  assert.match(finished.stream.endReason, /^TLS failed: protocol is shutdown$/);
  other.say("one");
  other.say("two");
  assert.deepEqual(other.turns.map(({ count }) => count).filter((count) => count !== 0), [3, 3]);
});

Deno.test("TlsStream reads a few times in a turn and ends the connection, when its peer sends only new keys", async () => {
  using context = await contextOf();
  using pair = await Pair.open(context);
  pair.say("one");
  pair.under.arrive(...pair.keyUpdates(12));
  assert.equal(pair.turns.at(-1)?.count, ENDED);
  assert.equal(pair.stream.endReason, "it sends too many records without data");
  assert(pair.turns.every(({ reads }) => reads <= 4), JSON.stringify(pair.turns));
});

Deno.test("TlsStream accepts a whole run of events while the stream below has room, and otherwise up to 128 KiB", async () => {
  using context = await contextOf();
  using pair = await Pair.open(context);
  const run = new Uint8Array(256 * 1024);
  assert.equal(pair.stream.send(run), run.length);
  assert.equal(pair.stream.unsent(), 0);
  pair.under.takes.push(1);
  assert.equal(pair.stream.send(run), run.length / 2);
  assert.equal(pair.stream.send(run), 0);
});
