import assert from "node:assert/strict";
import { parsePeer } from "../../../../drivers/_internal/zmtp/peer.ts";
import {
  commandData,
  commandNumber,
  commandText,
  parseSession,
  sessionProperties,
} from "../../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../../drivers/_internal/zmtp/wire.ts";
import { bytesOf } from "../../../support/frame_reader.ts";

Deno.test("parseGreeting accepts our own greeting, byte by byte, when it is complete", () => {
  const whole = wire.greeting();
  for (let size = 0; size < whole.length; size++) {
    assert.equal(wire.parseGreeting(whole.subarray(0, size)), undefined, `${size} bytes`);
  }
  assert.deepEqual(wire.parseGreeting(whole), { minor: 1 });
});

function greetingWith(changes: Readonly<Record<number, number>>): Uint8Array {
  const bytes = wire.greeting();
  for (const [at, byte] of Object.entries(changes)) bytes[Number(at)] = byte;
  return bytes;
}

const REFUSED: [string, Uint8Array, RegExp][] = [
  ["ZMTP 1", bytesOf("\x01\x00"), /does not speak ZMTP 3: its first byte is 1, wanted 255/],
  ["ZMTP 1 with a long length", greetingWith({ 9: 0 }), /speaks ZMTP 1, wanted ZMTP 3: set the/],
  ["ZMTP 2", greetingWith({ 10: 1 }), /speaks ZMTP 2, wanted ZMTP 3: set the libzmq driver/],
  ["HTTP", bytesOf("GET / HTTP/1.1\r\n\r\n"), /its first byte is 71, wanted 255/],
  ["TLS", Uint8Array.of(22, 3, 1, 2), /it uses TLS, which this port does not/],
];
for (const mechanism of ["CURVE", "PLAIN", "NUL", "NULLX", "\x1b[31m"]) {
  const bytes = wire.greeting();
  bytes.fill(0, 12, 32);
  bytes.set(bytesOf(mechanism), 12);
  REFUSED.push([mechanism, bytes, /its security mechanism is "[ -~]+", wanted NULL/]);
}

for (const [name, bytes, why] of REFUSED) {
  Deno.test(`parseGreeting gives the reason, when it refuses ${JSON.stringify(name)}`, () => {
    const greeting = wire.parseGreeting(bytes);
    assert(typeof greeting === "string", JSON.stringify(greeting));
    assert.match(greeting, why);
  });
}

Deno.test("parseGreeting accepts later versions of ZMTP 3 and above", () => {
  assert.deepEqual(wire.parseGreeting(greetingWith({ 11: 0 })), { minor: 0 });
  assert.deepEqual(wire.parseGreeting(greetingWith({ 11: 7 })), { minor: 7 });
  assert.deepEqual(wire.parseGreeting(greetingWith({ 10: 4, 11: 0 })), { minor: 1 });
});

Deno.test("writeHead and frameBytes agree with the RFC, when a size is at a limit", () => {
  for (const size of [0, 1, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1]) {
    const long = new DataView(new ArrayBuffer(9));
    long.setUint8(0, wire.FLAG.more | wire.FLAG.long);
    long.setBigUint64(1, BigInt(size));
    const head = size < 256 ? Uint8Array.of(wire.FLAG.more, size) : new Uint8Array(long.buffer);
    const bytes = new Uint8Array(16).fill(0xaa);
    assert.equal(wire.writeHead(bytes, 3, wire.FLAG.more, size), 3 + head.length);
    assert.deepEqual(bytes.subarray(3, 3 + head.length), head, `${size}`);
    assert.equal(wire.frameBytes(size), size + head.length);
  }
});

Deno.test("parseCommand refuses a name that is empty or longer than the command", () => {
  for (const body of [[], [0], [0, 65], [2, 65], [255, 65, 65]]) {
    assert.equal(wire.parseCommand(Uint8Array.from(body)), undefined, String(body));
  }
  const { name, data } = wire.parseCommand(Uint8Array.of(1, 65)) ?? {};
  assert.deepEqual([name, data?.length], ["A", 0]);
});

Deno.test("parseProperties refuses every truncation of ready's output", () => {
  const announcement = { id: "6f9f3e1a", pages: "http://127.0.0.1:8868" };
  const unsaid = { sentAt: undefined, timeoutMs: undefined };
  const publisher = { run: "r", keepsPast: true, announcement };
  const own = { node: "n", processId: 7, version: "1", ...publisher, ...unsaid };
  const properties = sessionProperties(own);
  const ready = wire.ready("PUB", properties);
  const at = ready.length > 257 ? 9 : 2;
  const { data = new Uint8Array() } = wire.parseCommand(ready.subarray(at)) ?? {};
  const parsed = wire.parseProperties(data);
  assert.equal(parsed?.get("socket-type"), "PUB");
  assert.deepEqual(parseSession(parsed ?? new Map()), own);
  const isWhole = (size: number) => wire.parseProperties(data.subarray(0, size)) !== undefined;
  const whole = Array.from({ length: data.length }, (_, size) => size).filter(isWhole);
  assert.equal(whole.length, parsed?.size, "one for each property that ends there");
});

Deno.test("parseSession is undefined, when the session has another version", () => {
  assert.equal(parseSession(new Map([["x-df-session", "2"]])), undefined);
  assert.equal(parseSession(new Map()), undefined);
});

Deno.test("parsePeer keeps a long URL whole, and what is shown of a peer short", () => {
  const pages = `https://${"x".repeat(253)}:65535`;
  const long = "y".repeat(1_000);
  const own = { node: long, processId: 1, version: long, announcement: { id: "1", pages } };
  const ready = (type: string) => wire.ready(type, sessionProperties(own)).subarray(9 + 6);
  const peer = parsePeer(ready("PUB"), 1, "SUB");
  assert(typeof peer === "object" && peer.session !== undefined, JSON.stringify(peer));
  const { announcement, node, version } = peer.session;
  assert.deepEqual([announcement?.pages, node.length, version.length], [pages, 64, 64]);
  const refused = parsePeer(ready(long), 1, "SUB");
  assert.equal(refused, `its socket type is "${"y".repeat(64)}", wanted PUB or XPUB`);
});

Deno.test("parsePing returns a context of up to 16 bytes, and refuses longer ones", () => {
  const ping = wire.ping(2_500);
  const { data = new Uint8Array() } = wire.parseCommand(ping.subarray(2)) ?? {};
  assert.equal(wire.parsePing(data)?.ttlMs, 2_500);
  const context = wire.parsePing(Uint8Array.of(0, 1, 7, 8));
  assert.deepEqual(context?.pong, wire.command("PONG", Uint8Array.of(7, 8)));
  for (const size of [0, 1, 19]) assert.equal(wire.parsePing(new Uint8Array(size)), undefined);
});

Deno.test("commandNumber is undefined, when there is no number or it is too large", () => {
  const data = commandData([1, Number.MAX_SAFE_INTEGER], bytesOf("é"));
  assert.deepEqual([commandNumber(data, 0), commandNumber(data, 1)], [1, 2 ** 53 - 1]);
  assert.equal(commandNumber(data, 2), undefined);
  assert.deepEqual(commandText(data, 2), bytesOf("é"));
  assert.deepEqual(commandData([1], "\xe9"), commandData([1], Uint8Array.of(0xe9)));
  for (const number of [0, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7]) {
    assert.equal(commandNumber(commandData([number]), 0), number);
  }
  assert.equal(commandNumber(new Uint8Array(8).fill(255), 0), undefined);
  assert.equal(commandText(new Uint8Array(3), 1).length, 0);
});

Deno.test("printable removes everything that changes a terminal, and returns at most 64 characters", () => {
  assert.equal(wire.printable("a\x1b[31m\u0000é\n"), "a?[31m???");
  assert.equal(wire.printable("x".repeat(1_000)).length, 64);
});
