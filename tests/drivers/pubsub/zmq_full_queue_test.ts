import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { Bus } from "../../contract/pubsub_bus.ts";
import { BusyReader } from "../../support/busy_reader_process.ts";
import { FrameReader, octets } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { hex } from "../../support/python_node.ts";
import { type PythonPeer, startPythonPeer } from "../../support/python_peer.ts";
import { zmqDriver } from "../../support/zmq_drivers.ts";

const PUBLISHERS = 3;
const ROOM = 100;
/** In libzmq heartbeats go by the real time: so long that those of both sides fall due, and over. */
const HEARTBEATS_MS = 600;

/** A publisher that probes its subscribers, as any peer may. */
function startPublisher(address: string): Promise<PythonPeer> {
  const options = { HEARTBEAT_IVL: 20, HEARTBEAT_TTL: 300, HEARTBEAT_TIMEOUT: 60_000 };
  return startPythonPeer({ type: "PUB", role: "bind", address, options });
}

Deno.test("zmq subscriber outlives its publishers, when it reads nothing of what they send", async () => {
  await using first = await startPublisher("tcp://127.0.0.1:*");
  await using reader = new BusyReader(first.address);
  let publisher = first;
  for (let count = 1; count <= PUBLISHERS; count++) {
    await reader.prints("connected");
    await publisher.order({ do: "flood", topic: "D" });
    await setTimeout(HEARTBEATS_MS);
    await publisher[Symbol.asyncDispose]();
    await setTimeout(HEARTBEATS_MS);
    publisher = await startPublisher(first.address);
  }
  await using last = publisher;
  await reader.prints("connected");
  await reader.read();
  await reader.prints("dropped queue-full");
  await reader.prints("live");
  await last.order({ do: "send", frames: [hex("D"), hex("the last")] });
  await reader.prints("read the last");
  assert.equal(await reader.finish(), 0);
});

Deno.test("zmq subscriber misses events in one piece and says so, when its reader is too slow", () =>
  withoutLeaks(async () => {
    await using bus = new Bus(zmqDriver({ "df_zmq.high_water_mark": String(ROOM) }));
    const publisher = await bus.publisher();
    const told = new HealthReader(publisher.health);
    const subscriber = await bus.subscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerTopic("D");
    subscriber.registerListenAddress(publisher.address);
    await subscriber.ready({ timeoutMs: 10_000 });
    const gate = Promise.withResolvers<void>();
    const reader = new FrameReader(subscriber, gate.promise);
    for (let sent = 0; !health.kinds.includes("disconnected"); sent++) {
      assert(publisher.trySend("D", octets(String(sent))));
      await setTimeout(1);
    }
    gate.resolve();
    await health.has("live echo", 2);
    publisher.trySend("D", octets("after"));
    await reader.has("D|after");
    const before = reader.frames.slice(0, ROOM).map((_, index) => `D|${index}`);
    assert.deepEqual(reader.frames.slice(0, ROOM), before);
    const changes = ["connected", "live echo", "disconnected", "dropped queue-full", "live echo"];
    assert.deepEqual(health.kinds, changes);
    assert.deepEqual(told.kinds, ["peer-joined"]);
    assert(subscriber.counters.dropped > 0);
    assert.equal(subscriber.counters.received, reader.frames.length);
  }));
