import assert from "node:assert/strict";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import type { PeerState } from "../../../drivers/contract/peer_state.ts";
import { command, FLAG, frame } from "../../../drivers/_internal/zmtp/wire.ts";
import { Bus } from "../../contract/pubsub_bus.ts";
import { eventually } from "../../support/eventually.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { joined } from "../../../drivers/contract/joined.ts";
import { handshake } from "../../support/zmq/raw_publisher.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq/zmq_drivers.ts";
import { ZmtpSub } from "../../support/zmq/zmtp_client.ts";

const NODE = { "df_zmq.node_name": "compute-7" };

function portOf({ address }: FramePublisher): number {
  return Number(new URL(address).port);
}

function onlyPeer(publisher: FramePublisher): PeerState {
  const [peer, ...others] = publisher.peers?.() ?? [];
  assert(peer !== undefined && others.length === 0);
  return peer;
}

/** How far behind the application of the only peer is, or undefined before its first report. */
function behind(publisher: FramePublisher): number | undefined {
  return onlyPeer(publisher).applied()?.behind;
}

Deno.test("zmq publishers survive a peer that sends large commands inside a message", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    const { reader } = await bus.reading("D");
    using peer = await Deno.connect({ hostname: "127.0.0.1", port: portOf(publisher) });
    const commands = Array.from({ length: 4 }, () => command("X", new Uint8Array(4_000)));
    const start = [handshake({ socketType: "SUB" }), frame(FLAG.more, bytesOf("D"))];
    await peer.write(joined([...start, ...commands]));
    await eventually(() => publisher.peers?.().length, (count) => count === 2);
    await publisher.send("D", bytesOf("1"));
    await reader.has("D|1");
    await peer.write(frame(0, bytesOf("1")));
    await eventually(() => publisher.peerTotals?.refused.get("malformed"), (count) => count === 1);
  }));

Deno.test("zmq publishers know the progress of an application, as soon as it marks frames as applied", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver(NODE));
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D", "t");
    assert.equal(behind(publisher), undefined, "no report has arrived");
    subscriber.markApplied?.(0);
    await eventually(() => behind(publisher), (events) => events === 0);
    for (const text of ["1", "2", "3"]) publisher.trySend("D", bytesOf(text));
    publisher.trySend("t", bytesOf("4"));
    await reader.count(4);
    assert.equal(behind(publisher), 4);
    subscriber.markApplied?.(4);
    await eventually(() => behind(publisher), (events) => events === 0);
    publisher.trySend("D", bytesOf("5"));
    assert.equal(behind(publisher), 1);
    subscriber.unregisterTopic("D");
    await eventually(() => behind(publisher), (events) => events === 0);
    const { session, topics, topicCount, socketType } = onlyPeer(publisher);
    assert.deepEqual([session?.node, session?.processId], ["compute-7", Deno.pid]);
    assert.deepEqual([topics(), topicCount, socketType], [["t"], 1, "SUB"]);
  }));

Deno.test("zmq subscribers do not report an event that has arrived and is not marked as applied", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    const { subscriber, reader } = await bus.reading("D", "t");
    subscriber.markApplied?.(0);
    await eventually(() => behind(publisher), (events) => events === 0);
    publisher.trySend("D", bytesOf("1"));
    await reader.count(1);
    // A report about the first event would have been sent before this one, and would have arrived.
    await eventually(() => onlyPeer(publisher).applied()?.ageMs ?? 0, (ageMs) => ageMs > 2_500);
    assert.equal(behind(publisher), 1);
  }));

Deno.test("zmq publishers show a subscriber without a session, its prefixes and its backlog", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    using plain = await ZmtpSub.connect(portOf(publisher));
    await plain.subscribe("täglich");
    await eventually(() => publisher.peers?.()[0]?.topicCount, (count) => count === 1);
    const payload = new Uint8Array(60_000);
    for (let at = 0; at < 250; at++) publisher.trySend("täglich", payload);
    publisher.trySend("other", payload);
    await eventually(() => onlyPeer(publisher).lag, (lag) => lag > 0);
    const peer = onlyPeer(publisher);
    const { events, bytes } = peer.backlog();
    assert(events > 0 && events < peer.lag, `${events} of ${peer.lag}, one has another topic`);
    assert(bytes > (events - 1) * payload.length && bytes < (events + 1) * 60_100, String(bytes));
    assert.deepEqual([peer.session, peer.applied()], [undefined, undefined]);
    assert.deepEqual(peer.topics(), ["täglich"]);
  }));

Deno.test("zmq publishers keep the totals of subscribers that have disconnected", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver());
    const publisher = await bus.publisher();
    await using proxy = await startProxy(portOf(publisher));
    const subscriber = await bus.subscriber();
    const reader = new FrameReader(subscriber);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(proxy.uri);
    await subscriber.ready({ timeoutMs: 10_000 });
    publisher.trySend("D", bytesOf("1"));
    await reader.count(1);
    proxy.cut();
    await eventually(() => publisher.peers?.().length, (count) => count === 0);
    for (const text of ["2", "3"]) publisher.trySend("D", bytesOf(text));
    proxy.mend();
    await reader.count(3);
    assert.equal(onlyPeer(publisher).replayed, 2);
    subscriber.unregisterListenAddress(proxy.uri);
    await eventually(() => publisher.peers?.().length, (count) => count === 0);
    const { skipped, replayed, lost, refused } = publisher.peerTotals ?? {};
    assert.deepEqual([skipped, replayed, lost, refused?.size], [0, 2, 0, 0]);
  }));
