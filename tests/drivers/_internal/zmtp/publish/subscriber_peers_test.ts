import assert from "node:assert/strict";
import * as wire from "../../../../../drivers/_internal/zmtp/wire.ts";
import { FakeStream } from "../../../../support/fakes/fake_stream.ts";
import { bytesOf } from "../../../../support/frame_reader.ts";
import { PassingTime } from "../../../../support/fakes/passing_time.ts";
import { publisherWithoutSockets, SubscriberEnd } from "../../../../support/zmq/subscriber_end.ts";

Deno.test("SubscriberPeers sends no earlier event, when a subscriber requests a topic long after READY", async () => {
  const { peers, publish } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  for (const text of ["1", "2", "3"]) publish("D", text);
  assert.deepEqual(await subscriber.takeItems(), []);
  subscriber.want("D");
  assert.deepEqual(await subscriber.takeItems(), ["D live 4"]);
  publish("D", "4");
  assert.deepEqual(await subscriber.takeItems(), ["D|4"]);
  subscriber.want("E");
  publish("E", "1");
  publish("D", "5");
  assert.deepEqual(await subscriber.takeItems(), ["E live 1", "E|1", "D|5"]);
});

Deno.test("SubscriberPeers sends no earlier event, when another topic was sent to its end", async () => {
  const { peers, publish } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  subscriber.want("D");
  publish("D", "1");
  assert.deepEqual(await subscriber.takeItems(), ["D live 1", "D|1"]);
  for (const text of ["1", "2"]) publish("E", text);
  await subscriber.takeItems();
  subscriber.want("E");
  assert.deepEqual(await subscriber.takeItems(), ["E live 3"]);
  publish("E", "3");
  assert.deepEqual(await subscriber.takeItems(), ["E|3"]);
});

Deno.test("SubscriberPeers counts an event once, when a subscriber requests its topic in the same turn", async () => {
  const { peers, publish } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  await subscriber.takeItems();
  publish("D", "1");
  subscriber.want("D");
  publish("D", "2");
  assert.deepEqual(await subscriber.takeItems(), ["D live 2", "D|2"]);
});

Deno.test("SubscriberPeers replays from the event that a subscriber requests, and no other topic", async () => {
  const { peers, publish } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  subscriber.want("E");
  for (const text of ["1", "2", "3"]) publish("D", text), publish("E", text);
  await subscriber.takeItems();
  subscriber.want("D", 2);
  assert.deepEqual(await subscriber.takeItems(), ["D live 2", "D|2", "D|3"]);
});

Deno.test("SubscriberPeers refuses a subscriber with more subscriptions than max_subscriptions", async () => {
  const { peers } = publisherWithoutSockets({ "df_zmq.max_subscriptions": "2" });
  const subscriber = new SubscriberEnd(peers);
  for (const topic of ["a", "b"]) subscriber.want(topic);
  assert.deepEqual(await subscriber.takeItems(), ["a live 1", "b live 1"]);
  subscriber.want("c");
  assert.deepEqual(await subscriber.takeItems(), ["it has more than 2 subscriptions"]);
  assert.deepEqual([...peers.refusals.counts, peers.peers.size], [["subscriptions", 1], 0]);
});

Deno.test("SubscriberPeers refuses a subscriber that sends something else than subscriptions", async () => {
  for (
    const [sent, what] of [
      [[wire.frame(0, bytesOf("D"))], "a message"],
      [[wire.frame(1, bytesOf("D")), wire.frame(0, bytesOf("1"))], "an event"],
      [[wire.frame(0, new Uint8Array(1_025))], "a message that is too large"],
    ] as const
  ) {
    const { peers } = publisherWithoutSockets();
    const subscriber = new SubscriberEnd(peers, false);
    subscriber.stream.arrive(...sent);
    assert.deepEqual(await subscriber.takeItems(), [`it sent ${what}, wanted subscriptions`]);
  }
});

for (
  const [option, reason] of [
    ["max_connections", "there are 2 connections, 2 from its address: see max_connections"],
    [
      "max_connections_per_address",
      "its address has 2 connections: see max_connections_per_address",
    ],
  ] as const
) {
  Deno.test(`SubscriberPeers refuses connections beyond ${option}, until one has closed`, () => {
    const kept = 2;
    const { peers, log } = publisherWithoutSockets({ [`df_zmq.${option}`]: String(kept) });
    const [first, , third] = Array.from({ length: 3 }, () => new SubscriberEnd(peers));
    assert.deepEqual([peers.peers.size, third?.stream.isClosed], [kept, true]);
    assert.deepEqual([...peers.refusals.counts], [["connections", 1]]);
    assert(log.messages("warn").at(-1)?.endsWith(` is disconnected: ${reason}`));
    first?.stream.end();
    assert.equal(new SubscriberEnd(peers).stream.isClosed, false);
  });
}

Deno.test("SubscriberPeers grants a handshake with TLS its 20 s, during which nothing can be sent", async () => {
  const { peers } = publisherWithoutSockets();
  const stream = new FakeStream();
  stream.delayedMs = 0;
  stream.takes.push(0);
  peers.add(stream);
  await peers.tick(performance.now() + 19_000);
  assert.equal(stream.isClosed, false);
  await peers.tick(performance.now() + 20_100);
  assert.deepEqual([...peers.refusals.counts], [["handshake", 1]]);
});

Deno.test("SubscriberPeers refuses a subscriber that has not read for read_timeout", async () => {
  const { peers, publish } = publisherWithoutSockets({ "df_zmq.read_timeout": "10" });
  const subscriber = new SubscriberEnd(peers);
  subscriber.want("D");
  subscriber.stream.takes.push(0);
  publish("D", "1");
  peers.rounds.flush();
  await peers.tick(performance.now() + 9_000);
  assert.equal(subscriber.stream.isClosed, false);
  await peers.tick(performance.now() + 10_500);
  assert.deepEqual([...peers.refusals.counts], [["stalled", 1]]);
});

for (const hasSession of [true, false]) {
  const name = hasSession ? "SUBSCRIBE of a subscriber with" : "WANT of a subscriber without";
  Deno.test(`SubscriberPeers ignores ${name} our session`, async () => {
    const { peers, publish } = publisherWithoutSockets();
    const subscriber = new SubscriberEnd(peers, hasSession);
    if (!hasSession) subscriber.want("D");
    else subscriber.stream.arrive(wire.command("SUBSCRIBE", bytesOf("D")));
    publish("D", "1");
    assert.deepEqual(await subscriber.takeItems(), []);
    assert.equal(peers.peers.open()[0]?.subscriptions, 0);
    if (hasSession) subscriber.want("D");
    else subscriber.stream.arrive(wire.command("SUBSCRIBE", bytesOf("D")));
    publish("D", "2");
    assert.deepEqual(await subscriber.takeItems(), [...(hasSession ? ["D live 2"] : []), "D|2"]);
  });
}

Deno.test("SubscribersApplied requests a report of a subscriber unless it reports by itself", async () => {
  using time = new PassingTime();
  const { peers, publish, applied } = publisherWithoutSockets();
  const subscriber = new SubscriberEnd(peers);
  subscriber.want("D");
  publish("D", "1");
  await subscriber.takeItems();
  await applied.subscribers("D", "1");
  assert.deepEqual(await subscriber.takeItems(), ["D report 1"], "nothing is known of it yet");
  subscriber.reportApplied("D", 1);
  publish("D", "2");
  assert.deepEqual(await subscriber.takeItems(), ["D report 2", "D|2"], "a caller has just asked");
  subscriber.reportApplied("D", 2);
  publish("D", "3");
  await subscriber.takeItems();
  time.now += 999;
  await applied.subscribers("D", "3");
  assert.deepEqual(await subscriber.takeItems(), ["D report 3"]);
  subscriber.reportApplied("D", 3);
  time.now += 1_000;
  publish("D", "4");
  await applied.subscribers("D", "4");
  assert.deepEqual(await subscriber.takeItems(), ["D|4"]);
});

Deno.test("SubscribersApplied waits for as many subscribers as are to have an event, and asks one that reports less", async () => {
  const { peers, publish, applied } = publisherWithoutSockets();
  const subscribers = [
    new SubscriberEnd(peers),
    new SubscriberEnd(peers),
    new SubscriberEnd(peers),
  ];
  for (const each of subscribers) each.want("D"), each.want("E");
  for (const text of ["1", "2"]) publish("D", text), publish("E", text);
  const [first, second, third] = subscribers;
  await second?.takeItems();
  let isReached = false;
  const reaching = applied.reached("D", "2", { count: 2 }).then(() => isReached = true);
  first?.reportApplied("D", 2);
  first?.reportApplied("D", 2);
  second?.reportApplied("D", 1);
  second?.reportApplied("E", 2);
  assert.deepEqual(await second?.takeItems(), ["D report 2"]);
  assert.equal(isReached, false);
  third?.reportApplied("D", 2);
  await reaching;
  await applied.reached("D", "2", { count: 1, timeoutMs: 0 });
});
