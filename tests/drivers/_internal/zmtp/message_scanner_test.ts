import assert from "node:assert/strict";
import { TopicCache } from "../../../../drivers/_internal/topic_cache.ts";
import {
  MessageScanner,
  type MessageSink,
} from "../../../../drivers/_internal/zmtp/message_scanner.ts";
import { command, FLAG, frame } from "../../../../drivers/_internal/zmtp/wire.ts";

const MAX = 300;
const body = (size: number, byte = 97) => new Uint8Array(size).fill(byte);

/** Records the calls of a scanner. */
class Sink implements MessageSink {
  readonly found: string[] = [];
  isClosed = false;

  onPair(topic: string, payload: Uint8Array): void {
    const [first] = payload;
    const shown = payload.every((byte) => byte === first) ? first ?? "empty" : "torn";
    this.found.push(`pair ${topic} ${payload.length} ${shown}`);
  }

  onSingle(found: Uint8Array): void {
    this.found.push(`single ${found.length}`);
  }

  onCommand(found: Uint8Array): void {
    this.found.push(`command ${found.length}`);
  }

  onDrop(reason: string, topic = ""): void {
    this.found.push(`drop ${reason} ${topic}`);
  }

  refuse(what: string): void {
    this.found.push(`malformed: ${what}`);
    this.isClosed = true;
  }
}

const optionsOf = (maxFrameBytes: number) => ({ maxFrameBytes, topics: new TopicCache() });
const topic = (name: string) => frame(FLAG.more, new TextEncoder().encode(name));
/** Messages of all kinds, and the expected calls for each. */
const MESSAGES: readonly [readonly Uint8Array[], readonly string[]][] = [
  [[topic("D"), frame(0, body(5))], ["pair D 5 97"]],
  [[topic("DD"), frame(0, body(0))], ["pair DD 0 empty"]],
  [[command("PING", body(2))], ["command 7"]],
  [[topic("long"), frame(0, body(299, 98))], ["pair long 299 98"]],
  [[frame(0, body(3, 1))], ["single 3"]],
  [[frame(0, body(0))], ["single 0"]],
  [[topic("a"), frame(FLAG.more, body(1)), frame(0, body(1))], ["drop frame-count "]],
  [[topic("a"), ...Array(5).fill(frame(FLAG.more, body(9))), frame(0, body(0))], [
    "drop frame-count ",
  ]],
  [[topic("D"), frame(0, body(1, 99))], ["pair D 1 99"]],
  [[frame(0, body(MAX + 1))], ["drop frame-too-large "]],
  [[frame(FLAG.more, body(MAX + 1)), frame(0, body(2))], ["drop topic-invalid "]],
  [[topic("t"), frame(0, body(2_000))], ["drop frame-too-large t"]],
  [[topic("t"), frame(FLAG.more, body(2_000)), frame(0, body(1_000))], ["drop frame-too-large t"]],
  [[topic("t"), frame(FLAG.more, body(1)), frame(0, body(1_000))], ["drop frame-count "]],
  [[command("SUBSCRIBE", body(0))], ["command 10"]],
  [[topic("D"), frame(0, body(MAX, 100))], ["pair D 300 100"]],
];
const STREAM = Uint8Array.from(MESSAGES.flatMap(([frames]) => frames).flatMap((each) => [...each]));
const FOUND = MESSAGES.flatMap(([, found]) => found);

/** Feeds pieces as a connection does: an incomplete frame comes again before the next piece. */
function scan(pieces: readonly Uint8Array[], max = MAX): string[] {
  const sink = new Sink();
  const scanner = new MessageScanner(sink, optionsOf(max));
  let rest = new Uint8Array();
  for (const piece of pieces) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    const at = scanner.scan(bytes, 0, bytes.length);
    assert(at >= 0 && at <= bytes.length, `${at} of ${bytes.length}`);
    rest = bytes.slice(at);
    const { needed } = scanner;
    assert(at === bytes.length || needed === 0 || needed > rest.length, `${needed} needed`);
    if (sink.isClosed) break;
  }
  return sink.found;
}

Deno.test("MessageScanner finds messages of all kinds, when a stream is cut at every offset", () => {
  for (let at = 0; at <= STREAM.length; at++) {
    assert.deepEqual(scan([STREAM.subarray(0, at), STREAM.subarray(at)]), FOUND, `cut at ${at}`);
  }
});

Deno.test("MessageScanner finds the messages, when a stream arrives in pieces of any one size", () => {
  for (let size = 1; size < 400; size++) {
    const pieces = [];
    for (let at = 0; at < STREAM.length; at += size) pieces.push(STREAM.subarray(at, at + size));
    assert.deepEqual(scan(pieces), FOUND, `pieces of ${size}`);
  }
});

function cutEverywhere(frames: readonly Uint8Array[], wanted: RegExp, max = MAX): void {
  const bytes = Uint8Array.from(frames.flatMap((each) => [...each]));
  for (let at = 0; at <= bytes.length; at++) {
    const found = scan([bytes.subarray(0, at), bytes.subarray(at)], max);
    assert.match(found.join("; "), wanted, `cut at ${at}`);
  }
}

Deno.test("MessageScanner passes on a command inside a message once, because libzmq sends heartbeats there", () => {
  const ping = command("PING", body(2));
  const pair = [topic("D"), ping, ping, frame(0, body(3)), topic("E"), frame(0, body(1))];
  cutEverywhere(pair, /^command [^;]*; command [^;]*; pair D[^;]*; pair E[^;]*$/);
  const three = [topic("D"), frame(FLAG.more, body(1)), ping, frame(0, body(1))];
  cutEverywhere(three, /^drop frame-count ; command [^;]*$/);
});

Deno.test("MessageScanner keeps only the topic of a message, when it contains large commands", () => {
  const sink = new Sink();
  const scanner = new MessageScanner(sink, optionsOf(MAX));
  const large = command("X", body(4_000));
  const first = topic("D");
  assert.equal(scanner.scan(first, 0, first.length), first.length);
  first.fill(0);
  for (let count = 0; count < 100; count++) {
    assert.equal(scanner.scan(large, 0, large.length), large.length);
  }
  const last = frame(0, body(1));
  scanner.scan(last, 0, last.length);
  assert.deepEqual(sink.found, [...Array(100).fill("command 4002"), "pair D 1 97"]);
});

Deno.test("MessageScanner refuses a command that is too large", () => {
  cutEverywhere([command("X", body(5_000))], /^malformed: it sent a command that is too large$/);
});

function announced(flags: number, size: bigint): Uint8Array {
  const head = new Uint8Array(9);
  head[0] = flags | FLAG.long;
  new DataView(head.buffer).setBigUint64(1, size);
  return head;
}

Deno.test("MessageScanner refuses a frame, when its announced size is absurdly large", () => {
  for (const size of [2n ** 63n, 2n ** 64n - 1n, 2n ** 40n + 1n]) {
    for (const flags of [0, FLAG.more]) {
      cutEverywhere([announced(flags, size), body(20)], /^malformed: it announced a frame of \d+/);
      cutEverywhere([topic("D"), announced(flags, size), body(20)], /^malformed: it announced a f/);
    }
  }
});

Deno.test("MessageScanner skips a frame of 2^40 bytes without allocating memory", () => {
  const sink = new Sink();
  const scanner = new MessageScanner(sink, optionsOf(MAX));
  const head = new Uint8Array([...topic("D"), ...announced(0, 2n ** 40n)]);
  assert.equal(scanner.scan(head, 0, head.length), head.length);
  const piece = new Uint8Array(1_000_000);
  for (let count = 0; count < 10; count++) {
    assert.equal(scanner.scan(piece, 0, piece.length), piece.length);
    assert.equal(scanner.needed, 0);
  }
  assert.deepEqual(sink.found, ["drop frame-too-large D"]);
});

Deno.test("MessageScanner accepts a short frame whose size is in eight bytes", () => {
  const bytes = new Uint8Array([...announced(FLAG.more, 1n), 68, ...announced(0, 2n), 97, 97]);
  assert.deepEqual(scan([bytes]), ["pair D 2 97"]);
});

Deno.test("MessageScanner returns the number of bytes needed, when a frame is large", () => {
  const scanner = new MessageScanner(new Sink(), optionsOf(1_000_000));
  const bytes = new Uint8Array([...topic("D"), ...announced(0, 500_000n), 1]);
  assert.equal(scanner.scan(bytes, 0, bytes.length), 3);
  assert.equal(scanner.needed, 9 + 500_000);
});

Deno.test("MessageScanner stops calling its sink, when the sink is closed", () => {
  const sink = new Sink();
  sink.onSingle = () => void (sink.isClosed = true);
  const bytes = new Uint8Array([...frame(0, body(1)), ...frame(0, body(1))]);
  assert.equal(new MessageScanner(sink, optionsOf(MAX)).scan(bytes, 0, bytes.length), 3);
});
