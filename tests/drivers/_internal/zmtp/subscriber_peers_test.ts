import assert from "node:assert/strict";
import { TopicCache } from "../../../../drivers/_internal/topic_cache.ts";
import {
  COMMAND,
  commandData,
  commandNumber,
  commandTopic,
  sessionProperties,
} from "../../../../drivers/_internal/zmtp/session.ts";
import { MessageScanner } from "../../../../drivers/_internal/zmtp/message_scanner.ts";
import { SubscriberPeers } from "../../../../drivers/_internal/zmtp/subscriber_peers.ts";
import * as wire from "../../../../drivers/_internal/zmtp/wire.ts";
import { bytesOf, payloadOf } from "../../../support/frame_reader.ts";
import { FakeStream } from "../../../support/fake_stream.ts";
import { PassingTime } from "../../../support/passing_time.ts";
import { RecordingLogger } from "../../../support/recording_logger.ts";
import { type Overrides, testSettings } from "../../../support/test_settings.ts";

/**
 * Each reading of the time happens in a new turn. A busy machine must not use up the read time in
 * one turn.
 */
const LOOP = {
  turns: 0,
  get turn() {
    return this.turns++;
  },
};

/** A publisher without sockets. Its output is sent at the end of a turn. */
function publisher(overrides: Overrides = {}) {
  const peers = new SubscriberPeers({
    settings: testSettings(overrides),
    log: new RecordingLogger(),
    loop: LOOP,
    open: {},
    onHealth: () => {},
    onClosed: () => {},
  });
  const publish = (topic: string, text: string) =>
    peers.publish(topic, bytesOf(topic), ...payloadOf(bytesOf(text)));
  return { peers, publish, applied: peers.applied };
}

/** A subscriber with our session, at its end of the connection. */
class Subscriber {
  readonly stream = new FakeStream();

  constructor(peers: SubscriberPeers, hasSession = true) {
    const session = sessionProperties({ node: "n", processId: 1, version: "1" });
    peers.add(this.stream);
    this.stream.arrive(wire.greeting(), wire.ready("SUB", hasSession ? session : new Map()));
  }

  want(topic: string, from = 0): void {
    this.stream.arrive(wire.command(COMMAND.want, commandData([from], topic)));
  }

  reportApplied(topic: string, seq: number): void {
    this.stream.arrive(wire.command(COMMAND.applied, commandData([seq], topic)));
  }

  /** What it has been sent since the last look, as `D live 1`, `D report 1`, `D|payload` or the ERROR. */
  async takeItems(): Promise<string[]> {
    // The turn ends.
    await Promise.resolve();
    const items: string[] = [];
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const scanner = new MessageScanner({
      isClosed: false,
      onPair: (topic, payload) => items.push(`${topic}|${text(payload)}`),
      onSingle: () => assert.fail("a message of one frame"),
      onDrop: () => assert.fail("a message was dropped"),
      onCommand: (body) => {
        const { name, data } = wire.parseCommand(body) ?? assert.fail("a command");
        if (name === COMMAND.live) {
          items.push(`${commandTopic(data, 1)} live ${commandNumber(data, 0)}`);
        }
        if (name === COMMAND.report) {
          items.push(`${commandTopic(data, 1)} report ${commandNumber(data, 0)}`);
        }
        if (name === "ERROR") items.push(wire.parseError(data));
      },
      refuse: (reason) => assert.fail(reason),
    }, { maxFrameBytes: 1_000_000, topics: new TopicCache() });
    const bytes = wire.joined(this.stream.sent.splice(0));
    const from = bytes[0] === 0xff ? wire.GREETING_BYTES : 0;
    assert.equal(scanner.scan(bytes, from, bytes.length), bytes.length);
    return items;
  }
}

Deno.test("SubscriberPeers sends no earlier event, when a subscriber requests a topic long after READY", async () => {
  const { peers, publish } = publisher();
  const subscriber = new Subscriber(peers);
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
  const { peers, publish } = publisher();
  const subscriber = new Subscriber(peers);
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
  const { peers, publish } = publisher();
  const subscriber = new Subscriber(peers);
  await subscriber.takeItems();
  publish("D", "1");
  subscriber.want("D");
  publish("D", "2");
  assert.deepEqual(await subscriber.takeItems(), ["D live 2", "D|2"]);
});

Deno.test("SubscriberPeers replays from the event that a subscriber requests, and no other topic", async () => {
  const { peers, publish } = publisher();
  const subscriber = new Subscriber(peers);
  subscriber.want("E");
  for (const text of ["1", "2", "3"]) publish("D", text), publish("E", text);
  await subscriber.takeItems();
  subscriber.want("D", 2);
  assert.deepEqual(await subscriber.takeItems(), ["D live 2", "D|2", "D|3"]);
});

Deno.test("SubscriberPeers refuses a subscriber with more subscriptions than max_subscriptions", async () => {
  const { peers } = publisher({ "df_zmq.max_subscriptions": "2" });
  const subscriber = new Subscriber(peers);
  for (const topic of ["a", "b"]) subscriber.want(topic);
  assert.deepEqual(await subscriber.takeItems(), ["a live 1", "b live 1"]);
  subscriber.want("c");
  assert.deepEqual(await subscriber.takeItems(), ["it has more than 2 subscriptions"]);
  assert.deepEqual([...peers.refusals.counts, peers.peers.size], [["subscriptions", 1], 0]);
});

for (
  const [option, kept] of [["max_connections", 2], ["max_connections_per_address", 2]] as const
) {
  Deno.test(`SubscriberPeers refuses connections beyond ${option}, until one has closed`, () => {
    const { peers } = publisher({ [`df_zmq.${option}`]: String(kept) });
    const [first, , third] = Array.from({ length: 3 }, () => new Subscriber(peers));
    assert.deepEqual([peers.peers.size, third?.stream.isClosed], [kept, true]);
    assert.deepEqual([...peers.refusals.counts], [["connections", 1]]);
    first?.stream.end();
    assert.equal(new Subscriber(peers).stream.isClosed, false);
  });
}

Deno.test("SubscriberPeers grants a handshake with TLS its 20 s, during which nothing can be sent", async () => {
  const { peers } = publisher();
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
  const { peers, publish } = publisher({ "df_zmq.read_timeout": "10" });
  const subscriber = new Subscriber(peers);
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
    const { peers, publish } = publisher();
    const subscriber = new Subscriber(peers, hasSession);
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
  const { peers, publish, applied } = publisher();
  const subscriber = new Subscriber(peers);
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
  const { peers, publish, applied } = publisher();
  const subscribers = [new Subscriber(peers), new Subscriber(peers), new Subscriber(peers)];
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
