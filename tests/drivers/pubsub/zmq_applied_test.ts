import assert from "node:assert/strict";
import type { AppliedTracker, TopicSubscriber } from "../../../drivers/contract/peer_state.ts";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { ZmtpSub } from "../../support/zmq/zmtp_client.ts";

const NODE = { "df_zmq.node_name": "compute-7" };
/** The mean. A report that was not requested arrives a second after the previous one. */
const AT_ONCE_MS = 300;
const ROUNDS = 8;

function trackerOf({ applied }: FramePublisher): AppliedTracker {
  assert(applied !== undefined);
  return applied;
}

async function only(publisher: FramePublisher, topic: string): Promise<TopicSubscriber> {
  const tracker = trackerOf(publisher);
  const place = await tracker.place(topic);
  assert(place !== undefined);
  const [subscriber, ...others] = await tracker.subscribers(topic, place);
  assert(subscriber !== undefined && others.length === 0);
  return subscriber;
}

Deno.test("zmq subscribers report an applied event at once, each time the publisher has requested it", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D", "t");
    subscriber.markApplied?.(0);
    await eventually(() => only(publisher, "D"), ({ hasApplied }) => hasApplied);
    let tookMs = 0;
    for (let sent = 1; sent <= ROUNDS; sent++) {
      publisher.trySend("D", bytesOf("e"));
      publisher.trySend("t", bytesOf("e"));
      await reader.count(2 * sent);
      assert.equal(
        (await only(publisher, "D")).hasApplied,
        false,
        "the application does not have it",
      );
      const start = performance.now();
      subscriber.markApplied?.(2 * sent);
      await trackerOf(publisher).reached("D", String(sent), { count: 1, timeoutMs: 5_000 });
      tookMs += performance.now() - start;
      const { hasApplied, behind } = await only(publisher, "D");
      assert.deepEqual([hasApplied, behind], [true, 0]);
    }
    assert(tookMs / ROUNDS < AT_ONCE_MS, `${ROUNDS} reports took ${tookMs} ms`);
  }));

Deno.test("zmq publishers find the seq before the last frames of a topic", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D");
    for (const text of ["1", "2", "3"]) publisher.trySend("D", bytesOf(text));
    await reader.count(3);
    subscriber.markApplied?.(3);
    await eventually(() => only(publisher, "D"), ({ hasApplied }) => hasApplied);
    publisher.trySend("D", bytesOf("4"));
    const tracker = trackerOf(publisher);
    const look = async (back: number) => {
      const place = await tracker.place("D", back) ?? "";
      return (await tracker.subscribers("D", place))[0]?.hasApplied;
    };
    assert.deepEqual([await look(0), await look(1)], [false, true]);
    assert.equal(await tracker.place("unknown"), undefined);
  }));

Deno.test("zmq publishers receive reports from an application that makes progress, however far behind it is", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D");
    for (let at = 0; at < 100; at++) publisher.trySend("D", bytesOf("e"));
    await reader.count(100);
    subscriber.markApplied?.(0);
    await only(publisher, "D");
    // By then an earlier report would be older.
    await eventually(() => only(publisher, "D"), ({ ageMs = 0 }) => ageMs > 1_500);
    subscriber.markApplied?.(50);
    const going = await eventually(() => only(publisher, "D"), ({ ageMs = 0 }) => ageMs < 500);
    assert.deepEqual([going.hasApplied, going.behind], [false, 100]);
  }));

Deno.test("zmq publishers remember a subscriber that was cut off, until it reconnects", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    await using proxy = await startProxy(Number(new URL(publisher.address).port));
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(proxy.uri);
    await subscriber.ready({ timeoutMs: 10_000 });
    subscriber.markApplied?.(0);
    publisher.trySend("D", bytesOf("1"));
    await reader.count(1);
    subscriber.markApplied?.(1);
    await eventually(() => only(publisher, "D"), ({ hasApplied }) => hasApplied);
    const before = Date.now();
    proxy.cut();
    await eventually(() => publisher.departedPeers?.().length, (count) => count === 1);
    publisher.trySend("D", bytesOf("2"));
    const { session, departed, hasApplied, behind } = await only(publisher, "D");
    assert.deepEqual([session?.node, hasApplied, behind], ["compute-7", false, 1]);
    assert(departed !== undefined && departed.leftAt >= before && !departed.isSilent);
    proxy.mend();
    await reader.count(2);
    subscriber.markApplied?.(2);
    await eventually(() => only(publisher, "D"), (peer) => peer.hasApplied);
    assert.deepEqual(publisher.departedPeers?.(), []);
  }));

Deno.test("zmq publishers forget a subscriber that disconnects by itself", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    const { subscriber } = await bus.reading("D");
    await subscriber[Symbol.asyncDispose]();
    await eventually(() => publisher.peers?.().length, (count) => count === 0);
    assert.deepEqual(publisher.departedPeers?.(), []);
  }));

Deno.test("zmq publishers know that a subscriber of the original reports nothing", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    using plain = await ZmtpSub.connect(Number(new URL(publisher.address).port));
    await plain.subscribe("D");
    await eventually(() => publisher.peers?.()[0]?.topicCount, (count) => count === 1);
    publisher.trySend("D", bytesOf("1"));
    const { session, hasApplied, behind, ageMs } = await only(publisher, "D");
    assert.deepEqual([session, hasApplied, behind, ageMs], [
      undefined,
      false,
      undefined,
      undefined,
    ]);
  }));
