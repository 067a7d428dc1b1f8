import assert from "node:assert/strict";
import { setImmediate as immediate } from "node:timers/promises";
import { freePort } from "../../support/deployment.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { startPythonPeer } from "../../support/python_peer.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { portOf, test } from "../../support/zmq/zmq_test.ts";

test("continues, when a foreign publisher is killed and restarted", async (bus) => {
  const spec = { type: "PUB", role: "bind", address: "tcp://127.0.0.1:*" } as const;
  const first = await startPythonPeer(spec);
  const subscriber = await bus.subscriber();
  const reader = new FrameReader(subscriber);
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(first.address);
  await subscriber.ready({ timeoutMs: 10_000 });
  await first[Symbol.asyncDispose]();
  await health.has("disconnected");
  await using again = await startPythonPeer({ ...spec, address: first.address });
  await health.has("live handshake", 2);
  await again.order({ do: "number", topic: "D", from: 0, to: 3 });
  await reader.has("D|2");
  // The first event may be lost.
  assert.deepEqual(reader.frames, ["D|", "D|0", "D|1", "D|2"]);
});

test("receives from the others, while publishers that are down come and go", async (bus) => {
  const publisher = await bus.publisher();
  const { reader, subscriber } = await bus.reading("D");
  const down = `tcp://127.0.0.1:${freePort()}`;
  for (let round = 1; round <= 300; round++) {
    subscriber.registerListenAddress(down);
    await immediate();
    subscriber.unregisterListenAddress(down);
  }
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
});

test("receives from 20 publishers at once", async (bus) => {
  const publishers = await Promise.all(Array.from({ length: 20 }, () => bus.publisher()));
  const { reader } = await bus.reading("D");
  await Promise.all(publishers.map((each, index) => each.send("D", bytesOf(String(index)))));
  await reader.count(20);
  assert.equal(new Set(reader.frames).size, 20);
});

test("receives from a quiet publisher next to one that never stops", async (bus) => {
  await using loud = await startPythonPeer({
    type: "PUB",
    role: "bind",
    address: "tcp://127.0.0.1:*",
  });
  const subscriber = await bus.subscriber();
  for (const topic of ["loud", "quiet"]) subscriber.registerTopic(topic);
  subscriber.registerListenAddress(loud.address);
  const quiet = await bus.publisher();
  const quietReceived = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const batch of subscriber.batches()) {
      if (batch.some((frame) => frame.topic === "quiet")) quietReceived.resolve();
    }
  })();
  await bus.follow(subscriber);
  await loud.order({ do: "flood", topic: "loud" });
  await quiet.send("quiet", bytesOf("1"));
  await quietReceived.promise;
  assert.deepEqual(await subscriber.stop({ timeoutMs: 200 }).then(() => "stopped"), "stopped");
  await subscriber[Symbol.asyncDispose]();
  await reading;
});

test("refuses a port that is in use", async (bus) => {
  const { address } = await bus.publisher();
  const second = zmqDriver({ "df.publisher_port": portOf(address) });
  const message = new RegExp(`"${address}": address already in use`);
  await assert.rejects(second.openPublisher(), { code: "ADDRESS_IN_USE", message });
});

test("publishes and subscribes over IPv6", async (bus) => {
  const publisher = await bus.publisher();
  assert.match(publisher.address, /^tcp:\/\/\[::1\]:\d+$/);
  const { reader } = await bus.reading("D");
  await publisher.send("D", bytesOf("six"));
  await reader.has("D|six");
}, { "df.publisher_bind_address": "::1" });

test("refuses to bind an address, when it does not belong to this host", async (bus) => {
  const refusal = { code: "ADDRESS_INVALID", message: /bind the publisher to "tcp:\/\/192.0.2.1:/ };
  await assert.rejects(bus.publisher(), refusal);
}, { "df.publisher_bind_address": "192.0.2.1" });

test("refuses a transport that is not built in", async (bus) => {
  await assert.rejects(bus.publisher(), { code: "CONFIG_INVALID", message: /"epgm", wanted tcp/ });
}, { "df.publisher_transport": "epgm" });

test("refuses an invalid address, and stays usable", async (bus) => {
  const publisher = await bus.publisher();
  const { reader, subscriber } = await bus.reading("D");
  for (
    const address of [
      "",
      "127.0.0.1:1",
      "udp://h:1",
      "tcp://",
      "tcp://h",
      "tcp://h:x",
      "tcp://h:99999",
      "tcp://h:0",
      "tcp://*:1",
      "tcp://lo;h:1",
      "tcp://user:word@h:1",
      "tcp://h:1/path",
      "inproc://h",
      "pgm://lo;h:1",
    ]
  ) {
    const quoted = address.replaceAll("*", "\\*");
    const refusal = { code: "ADDRESS_INVALID", message: new RegExp(`"${quoted}"`) };
    assert.throws(() => subscriber.registerListenAddress(address), refusal, address);
  }
  await subscriber.ready({ timeoutMs: 1_000 });
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
});

test("reports once that a peer is not a publisher, however often it tries", async (bus) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerListenAddress(`tcp://127.0.0.1:${listener.addr.port}`);
  for (let connections = 0; connections < 3; connections++) {
    using connection = await listener.accept();
    await connection.write(bytesOf("220 mail.example.com ESMTP ready for you\r\n"));
  }
  await health.has("disconnected");
  assert.deepEqual(health.kinds, ["disconnected"]);
});

test("reports no peer, when something else connects to the publisher", async (bus) => {
  const publisher = await bus.publisher();
  const health = new HealthReader(publisher.health);
  const scan = await Deno.connect({ port: Number(portOf(publisher.address)) });
  await scan.write(bytesOf("GET / HTTP/1.1\r\n\r\n"));
  scan.close();
  const { subscriber } = await bus.reading("D");
  await subscriber[Symbol.asyncDispose]();
  await health.has("peer-left");
  assert.deepEqual(health.kinds, ["peer-joined", "peer-left"]);
});

test("detects that a publisher no longer responds, and that it responds again", async (bus) => {
  await using peer = await startPythonPeer({
    type: "PUB",
    role: "bind",
    address: "tcp://127.0.0.1:*",
  });
  const subscriber = await bus.subscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerListenAddress(peer.address);
  await subscriber.ready({ timeoutMs: 10_000 });
  await peer.freeze();
  await health.has("disconnected");
  peer.kill("SIGCONT");
  await health.has("live handshake", 2);
}, { "df_zmq.heartbeat_interval": "0.1", "df_zmq.heartbeat_timeout": "0.2" });
