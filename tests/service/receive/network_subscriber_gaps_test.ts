import assert from "node:assert/strict";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { NetworkFixture } from "../../support/network_fixture.ts";
import { EPOCH, numberedPayload, PUBLISHER } from "../../support/numbered.ts";
import {
  A,
  B,
  BROKER,
  OTHER_ID,
  simulateNetwork,
  simulateReadyNetwork,
  SYNC_MS,
} from "../../support/fakes/simulated_network.ts";
import { testSettings } from "../../support/test_settings.ts";

Deno.test("NetworkSubscriber emits each event once and in order, and knows the publishers' positions", async () => {
  await using set = await simulateReadyNetwork();
  const { node, deliver, kinds, seen } = set;
  await deliver(1, 2, 2, 3, [1, { publisher: OTHER_ID, address: B }]);
  assert.deepEqual(seen(), ["k1", "k2", "k3", "k1"]);
  assert.deepEqual(kinds(), []);
  assert.equal(node.gapCounters.duplicates, 1);
  assert.deepEqual(node.positions, [
    { publisher: PUBLISHER, epoch: EPOCH, topic: "D", seq: 3 },
    { publisher: OTHER_ID, epoch: EPOCH, topic: "D", seq: 1 },
  ]);
});

Deno.test("NetworkSubscriber knows positions and reports gaps, at a broker that stores events", async () => {
  await using set = await simulateNetwork(BROKER);
  const { fixture, node, deliver, kinds, seen } = set;
  await deliver(1, 3);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen(), ["k1", "k3", "sync D"]);
  assert.deepEqual([kinds(), node.positions.map(({ seq }) => seq)], [["lost"], [3]]);
});

Deno.test("NetworkSubscriber adds no sync to that of a publisher, when only earlier events are missing", async () => {
  await using set = await simulateReadyNetwork({}, { topics: ["t"] });
  const { fixture, deliver, kinds, seen } = set;
  await deliver(1, [1, { topic: "t" }], [3, { topic: "t" }], [3, { syncOf: null }], 5);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen(), ["k1", "t1", "t3", "sync D", "k5", "sync t", "sync D"]);
  await deliver([7, { syncOf: null }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen().slice(7), ["sync D"]);
  assert.deepEqual(kinds(), ["lost", "lost", "lost", "lost"]);
  await deliver([9, { syncOf: "lport" }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen().slice(8), ["sync D", "sync D"]);
});

Deno.test("NetworkSubscriber emits one sync of the topic for several gaps, and holds no events back", async () => {
  await using set = await simulateReadyNetwork({}, { topics: ["t"], random: () => 0.5 });
  const { fixture, deliver, kinds, seen } = set;
  await deliver(1, 3, 4, 6, [1, { topic: "t" }], [2, { topic: "t" }]);
  assert.deepEqual(seen(), ["k1", "k3", "k4", "k6", "t1", "t2"]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen().slice(6), ["sync D"]);
  assert.deepEqual(kinds(), ["lost", "lost"]);
});

Deno.test("NetworkSubscriber emits a sync in place of a reported gap, with a notice, and accepts later events", async () => {
  await using set = await simulateReadyNetwork({}, { topics: ["t"] });
  const { frames, fixture, node, notices, settle, deliver, seen } = set;
  await deliver(1, [1, { topic: "t" }]);
  frames.deliver(
    { topic: "D", payload: numberedPayload(2), address: A },
    { topic: "D", payload: new Uint8Array(0), gap: "the log was cut off", address: A },
    { topic: "D", payload: numberedPayload(7), address: A },
  );
  await settle();
  await deliver([2, { topic: "t" }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen(), ["k1", "t1", "k2", "sync D", "k7", "t2"]);
  assert.deepEqual(notices, [
    { kind: "gap", topic: "D", address: A, reason: "the log was cut off" },
  ]);
  assert.equal(node.gapCounters.gaps, 1);
  const [warning = ""] = fixture.log.messages("warn");
  assert.match(
    warning,
    /Events of topic "D" are lost at tcp:\/\/192\.0\.2\.1:8866: the log was cut/,
  );
});

Deno.test("NetworkSubscriber ignores a gap, when its topic was unregistered", async () => {
  await using set = await simulateReadyNetwork({}, { topics: ["t"] });
  const { frames, node, settle, kinds, seen } = set;
  node.unregisterTopic("t");
  frames.deliver({ topic: "t", payload: new Uint8Array(0), gap: "cut off", address: A });
  await settle();
  assert.deepEqual([seen(), kinds()], [[], []]);
});

Deno.test("NetworkSubscriber emits no sync, when a connection that stores events breaks", async () => {
  await using set = await simulateReadyNetwork();
  const { frames, fixture, live, deliver, kinds, settle, seen } = set;
  await deliver(1);
  frames.lose(A);
  await settle();
  await live("confirmed", A);
  await deliver(2);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual([seen(), kinds()], [["k1", "k2"], []]);
});

Deno.test("NetworkSubscriber reports a restart and syncs its topic, unless a gap has done so", async () => {
  for (const isTold of [false, true]) {
    await using set = await simulateReadyNetwork();
    const { frames, fixture, deliver, kinds, seen } = set;
    await deliver(1);
    const gap = { topic: "D", payload: new Uint8Array(0), gap: "another epoch", address: A };
    if (isTold) frames.deliver(gap);
    await deliver([1, { epoch: EPOCH + 1 }]);
    await fixture.clock.advance(SYNC_MS);
    assert.deepEqual(seen(), isTold ? ["k1", "sync D", "k1"] : ["k1", "k1", "sync D"]);
    assert.deepEqual(kinds(), isTold ? ["gap", "restart"] : ["restart"]);
  }
});

Deno.test("NetworkSubscriber emits no sync for a restart, at a broker that stores the last events", async () => {
  await using set = await simulateNetwork(BROKER);
  const { fixture, deliver, kinds, seen } = set;
  await deliver(1, [1, { epoch: EPOCH + 1 }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual([seen(), kinds()], [["k1", "k1"], ["restart"]]);
});

Deno.test("NetworkSubscriber emits an event once, when it arrives from two addresses, even after one is dropped", async () => {
  await using set = await simulateReadyNetwork();
  const { frames, live, deliver, kinds, settle, seen } = set;
  await deliver(1, [1, { address: B }], [2, { address: B }], 2);
  frames.lose(A);
  await settle();
  await deliver([3, { address: B }], [4, { address: B }]);
  await live("confirmed", A);
  await deliver(3, 4, 5, [5, { address: B }]);
  assert.deepEqual(seen(), ["k1", "k2", "k3", "k4", "k5"]);
  assert.deepEqual(kinds(), []);
});

/** A node whose application is busy with its first events until it may continue. */
async function simulateBusyNode() {
  const free = Promise.withResolvers<void>();
  const passed: (string | null)[] = [];
  const network = await simulateReadyNetwork({}, {
    onUpdates: (updates) => {
      passed.push(...updates.map(({ key, action }) => key ?? action));
      return free.promise;
    },
  });
  const dispose = async () => {
    const disposed = network.node[Symbol.asyncDispose]();
    await network.settle();
    free.resolve();
    await disposed;
  };
  return { ...network, passed, dispose };
}

Deno.test("NetworkSubscriber ends with the events that its application takes, when it is disposed during a batch", async () => {
  const { fixture: { clock }, deliver, passed, notices, dispose } = await simulateBusyNode();
  await deliver(
    ...Array.from({ length: 300 }, (_, index) => index + 1).filter((seq) => seq !== 201),
  );
  const taken = [...passed];
  await dispose();
  assert.deepEqual([passed, notices, clock.sleepers], [taken, [], 0]);
});

Deno.test("NetworkSubscriber drops a queued sync, when it is disposed while its application is busy", async () => {
  const { fixture: { clock }, deliver, passed, dispose } = await simulateBusyNode();
  await deliver(1, 3);
  await clock.advance(SYNC_MS);
  await dispose();
  assert.deepEqual([passed, clock.sleepers], [["k1", "k3"], 0]);
});

Deno.test("NetworkSubscriber reports lost events over a real transport, and leaves nothing open", async () => {
  const driver = createMemoryDriver({ settings: testSettings(), log: silentLogger });
  const fixture = await NetworkFixture.create();
  const notices: GapNotice[] = [];
  {
    await using node = await fixture.open({ driver, onNotice: (notice) => notices.push(notice) });
    await using publisher = await driver.openPublisher();
    await node.ready();
    for (const seq of [1, 4]) publisher.trySend("D", numberedPayload(seq));
    await fixture.updates.count(2);
  }
  const place = { publisher: PUBLISHER, epoch: EPOCH, topic: "D" };
  assert.deepEqual(notices, [{ kind: "lost", ...place, from: 2, to: 3 }]);
  assert.equal(fixture.clock.sleepers, 0, "the pending sync was dropped");
});
