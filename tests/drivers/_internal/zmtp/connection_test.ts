import assert from "node:assert/strict";
import { Budget } from "../../../../drivers/_internal/zmtp/budget.ts";
import { sessionProperties } from "../../../../drivers/_internal/zmtp/session.ts";
import * as wire from "../../../../drivers/_internal/zmtp/wire.ts";
import { bytesOf } from "../../../support/frame_reader.ts";
import { PassingTime } from "../../../support/fakes/passing_time.ts";

import { greeting, HANDSHAKE, NONE, Subject } from "../../../support/zmq/connection_subject.ts";

const NOTHING = new Uint8Array();

Deno.test("Connection opens, when the handshake arrives byte by byte", () => {
  const { stream, calls } = new Subject();
  const bytes = [
    ...greeting(1),
    ...wire.ready(
      "XPUB",
      sessionProperties({
        node: "n1",
        processId: 1,
        version: "1",
      }),
    ),
  ];
  stream.arrive(...bytes.map((byte) => Uint8Array.of(byte)));
  assert.deepEqual(calls, ["open 3.1 n1"]);
  assert.deepEqual(stream.bytes, new Uint8Array([...wire.greeting(), ...wire.ready("SUB", NONE)]));
});

for (const type of ["SUB", "PUSH", "DEALER", ""]) {
  Deno.test(`Connection refuses a peer with the reason, when its socket type is "${type}"`, () => {
    const subject = new Subject();
    subject.stream.arrive(greeting(1), wire.ready(type, NONE));
    const reason = `its socket type is "${type}", wanted PUB or XPUB`;
    assert.deepEqual(subject.calls, [`closed: ${reason}`]);
    assert.equal(subject.connection.refusedAs, "malformed");
    assert.deepEqual(subject.commands, ["ERROR"]);
  });
}

const ill: readonly [string, readonly Uint8Array[], RegExp][] = [
  ["an HTTP request", [bytesOf("GET / HTTP/1.1\r\n\r\n")], /does not speak ZMTP 3/],
  ["a message before READY", [greeting(1), wire.frame(0, bytesOf("D"))], /a message before its/],
  ["a command before READY", [greeting(1), wire.ping(1)], /sent "PING" before its handshake/],
  ["a truncated READY", [greeting(1), wire.command("READY", bytesOf("\x0bSock"))], /malformed/],
  ["a command without a name", [greeting(1), wire.frame(4, bytesOf("\0"))], /malformed command/],
  ["an ERROR", [greeting(1), wire.error("no")], /^closed: the peer refuses this end: no$/],
];
for (const [what, parts, why] of ill) {
  Deno.test(`Connection ends and reports the reason, when the peer sends ${what}`, () => {
    const { stream, calls } = new Subject();
    stream.arrive(...parts);
    assert(stream.isClosed);
    assert.equal(calls.length, 1);
    assert.match(calls[0] ?? "", why);
  });
}

Deno.test("Connection sends the reason and never opens, when its stream does not accept the peer", () => {
  const { stream, calls, connection } = new Subject();
  stream.fault = { kind: "expired", reason: "its certificate expired" };
  stream.arrive(greeting(1), wire.ready("PUB", NONE), wire.frame(1, bytesOf("D")));
  stream.arrive(wire.frame(0, bytesOf("payload")));
  assert.deepEqual(calls, []);
  assert.equal(connection.isOpen, false);
  const refusal = stream.bytes.subarray(wire.GREETING_BYTES);
  assert.deepEqual(refusal, wire.error("its certificate expired"));
  stream.end();
  assert.deepEqual(calls, ["closed: its certificate expired"]);
  assert.equal(connection.refusedAs, "tls_expired");
});

Deno.test("Connection ends, when a peer sends READY twice", () => {
  const { stream, calls } = new Subject().open();
  stream.arrive(wire.ready("PUB", NONE));
  assert.deepEqual(calls, ["closed: its READY is malformed"]);
});

Deno.test("Connection ends a handshake after exactly 5 s, when the handshake is incomplete", () => {
  const { connection, stream, calls } = new Subject();
  stream.arrive(greeting(1));
  connection.tick(performance.now() + 4_900);
  assert.deepEqual(calls, []);
  connection.tick(performance.now() + 5_100);
  assert.deepEqual(calls, ["closed: its handshake took too long"]);
});

for (
  const { minor, node, own, pings } of [
    { minor: 0, node: "", own: "SUB", pings: [] },
    { minor: 1, node: "", own: "SUB", pings: ["PING"] },
    { minor: 0, node: "n1", own: "SUB", pings: ["PING"] },
    { minor: 1, node: "", own: "PUB", pings: [] },
    { minor: 1, node: "n1", own: "PUB", pings: ["PING"] },
  ] as const
) {
  const peer = node === "" ? `ZMTP 3.${minor}` : "our session";
  Deno.test(`Connection sends ${pings.length} PING from ${own} to a silent peer of ${peer}`, () => {
    const subject = new Subject({ socketType: own }).open({ minor, node });
    subject.pass(900);
    assert.deepEqual(subject.commands, []);
    subject.pass(1_100);
    assert.deepEqual(subject.commands, pings);
    subject.pass(10_000);
    const isCut = subject.calls.includes("closed: no word from the peer for 2.5 s");
    assert.equal(isCut, pings.length > 0);
  });
}

for (
  const { data, sends, arrives, pings } of [
    { data: "in both directions", sends: true, arrives: true, pings: 0 },
    { data: "only from the peer", sends: false, arrives: true, pings: 4 },
    { data: "only to the peer", sends: true, arrives: false, pings: 2 },
  ]
) {
  Deno.test(`Connection sends ${pings} PING in 4 s, when data flows ${data}`, () => {
    using time = new PassingTime();
    const subject = new Subject().open({ node: "n1" });
    const { connection, stream } = subject;
    for (const end = time.now + 4_000; time.now < end;) {
      time.now += 250;
      if (arrives) stream.arrive(wire.command("X", NOTHING));
      if (sends) connection.queueCommand("X", NOTHING);
      connection.tick(time.now);
      if (!connection.isClosed) connection.pump();
    }
    assert.equal(subject.commands.filter((name) => name === "PING").length, pings);
    assert.equal(connection.isClosed, !arrives);
  });
}

for (const heartbeatTimeoutMs of [2_500, 0]) {
  Deno.test(`Connection replies to PING with its context, and ends after the silence that the PING states, when its own timeout is ${heartbeatTimeoutMs} ms`, () => {
    const subject = new Subject({ heartbeatIntervalMs: 0, heartbeatTimeoutMs }).open({ minor: 1 });
    subject.stream.arrive(wire.command("PING", Uint8Array.of(0, 30, 1, 2)));
    const { bytes } = subject.stream;
    assert.deepEqual(bytes.subarray(HANDSHAKE), wire.command("PONG", Uint8Array.of(1, 2)));
    subject.pass(2_900);
    assert.deepEqual(subject.calls, []);
    subject.pass(3_200);
    const reason = "the peer was silent for longer than the 3 s it named";
    assert.deepEqual(subject.calls, [`closed: ${reason}`]);
  });
}

Deno.test("Connection does not count a peer as silent, while it does not read", () => {
  const { connection, calls } = new Subject().open({ minor: 1 });
  connection.pause();
  for (let ms = 0; ms < 60_000; ms += 1_000) connection.tick(performance.now() + ms);
  assert.deepEqual(calls, []);
});

Deno.test("Connection queues a bounded number of replies, when a peer that does not read sends PINGs", () => {
  const { connection, stream, calls } = new Subject().open({ minor: 1 });
  stream.takes.push(...Array(100_000).fill(0));
  for (let count = 0; count < 50_000; count++) stream.arrive(wire.ping(1_000));
  assert(connection.outgoing.queuedBytes < 100_000, `${connection.outgoing.queuedBytes}`);
  assert.deepEqual(calls, []);
});

Deno.test("Connection reads received bytes before it counts a peer as silent, when the process was stopped", () => {
  const subject = new Subject().open({ minor: 1 });
  subject.connection.tick(performance.now() + 60_000);
  assert.deepEqual(subject.calls, []);
});

Deno.test("Connection counts all silence, except for the time in which the process was stopped", () => {
  const subject = new Subject().open({ minor: 1 });
  const now = performance.now();
  for (const ms of [1_000, 3_000, 4_000]) subject.connection.tick(now + ms);
  assert.deepEqual(subject.calls, []);
  subject.connection.tick(now + 5_000);
  assert.deepEqual(subject.calls, ["closed: no word from the peer for 2.5 s"]);
});

Deno.test("Connection ends and reports the reason, when a peer exceeds its byte budget with a few messages", () => {
  using _time = new PassingTime();
  const subject = new Subject({ socketType: "PUB", budget: new Budget(0, 0) }).open();
  const large = Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0xc0, 0, ...new Uint8Array(0xc000)]);
  subject.stream.arrive(large, large);
  assert.deepEqual(subject.calls, ["single 49152", "single 49152"]);
  subject.stream.arrive(large);
  assert.match(subject.calls.at(-1) ?? "", /^closed: .*exceeds 100000 bytes at once/);
});

Deno.test("Connection sends no ERROR, when a peer does not speak ZMTP", () => {
  const { stream } = new Subject();
  stream.arrive(bytesOf("GET / HTTP/1.1\r\n\r\n"));
  assert(stream.isClosed);
  assert.deepEqual(stream.bytes, wire.greeting());
});

Deno.test("Connection drops a message of one frame, when its owner accepts none", () => {
  const { stream, calls, owner } = new Subject().open();
  delete owner.onSingle;
  stream.arrive(wire.frame(0, bytesOf("D")));
  assert.deepEqual(calls, ["frame-count"]);
});

Deno.test("Connection ends a handshake with TLS after 20 s, besides the time in which this end delays it", () => {
  const { connection, stream, calls } = new Subject();
  stream.delayedMs = 60_000;
  connection.tick(performance.now() + 79_900);
  assert.deepEqual(calls, []);
  connection.tick(performance.now() + 80_100);
  assert.deepEqual(calls, ["closed: its handshake took too long"]);
});

Deno.test("Connection extends the handshake timeout, when this end had no room to read the handshake", () => {
  using time = new PassingTime();
  const { connection, stream, calls, owner } = new Subject();
  time.now += 4_000;
  owner.readBuffer = () => {
    connection.pause();
    return undefined;
  };
  stream.arrive(greeting(1));
  connection.tick(time.now + 4_900);
  assert.deepEqual(calls, []);
  connection.tick(time.now + 5_100);
  assert.deepEqual(calls, ["closed: its handshake took too long"]);
});
