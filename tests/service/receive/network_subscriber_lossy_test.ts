import assert from "node:assert/strict";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import { numberedPayload } from "../../support/numbered.ts";
import {
  A,
  B,
  BROKER,
  OTHER_ID,
  simulateNetwork,
  simulateReadyNetwork,
  SYNC_MS,
} from "../../support/fakes/simulated_network.ts";

const POLL_MS = 30_000;
/** A publisher counts for this time after its row is gone. */
const RESTORE_MS = 12_000;
const LOSSY = { delivery: "drops-when-slow" } as const;
const KEEPING = { delivery: "keeps" } as const;

Deno.test("NetworkSubscriber emits one sync of everything and reports no false loss, when a lossy connection returns", async () => {
  await using set = await simulateReadyNetwork(LOSSY, { topics: ["t"] });
  const { frames, fixture, live, deliver, kinds, settle, seen } = set;
  await deliver(1, [1, { topic: "t" }], [1, { publisher: OTHER_ID, address: B }]);
  frames.lose(A);
  await settle();
  await live("confirmed", A);
  await deliver(5, [5, { topic: "t" }], [2, { publisher: OTHER_ID, address: B }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seen(), ["k1", "t1", "k1", "sync D", "k5", "t5", "k2"]);
  assert.deepEqual(kinds(), []);
  await deliver([4, { publisher: OTHER_ID, address: B }]);
  assert.deepEqual(kinds(), ["lost"], "its connection was not lost");
});

Deno.test("NetworkSubscriber resets the position of every publisher, when a lossy broker returns", async () => {
  await using set = await simulateNetwork({ ...LOSSY, ...BROKER });
  const { frames, live, deliver, kinds, settle, seen } = set;
  await live("confirmed", "broker");
  await deliver(1, [1, { publisher: OTHER_ID }]);
  frames.lose("broker");
  await settle();
  await deliver(2);
  await live("confirmed", "broker");
  await deliver(5, [5, { publisher: OTHER_ID }]);
  assert.deepEqual(seen(), ["k1", "k1", "k2", "sync D", "k5", "k5"]);
  assert.deepEqual(kinds(), []);
});

for (const traits of [KEEPING, LOSSY]) {
  Deno.test(`NetworkSubscriber emits one sync, when a publisher that ready did not wait for becomes live: ${traits.delivery}`, async () => {
    await using set = await simulateNetwork(traits, { publisherUris: [] });
    const { fixture, node, live, seen } = set;
    await node.ready();
    await fixture.list({ address: A });
    await fixture.clock.advance(POLL_MS);
    assert.deepEqual(node.publisherUris, [A]);
    await live("confirmed", A);
    await live("confirmed", A);
    assert.deepEqual(seen(), ["sync D"]);
  });
}

Deno.test("NetworkSubscriber requests a sync of everything, when its subscriptions may have come too late for events", async () => {
  await using set = await simulateNetwork(LOSSY);
  const { frames, node, live, deliver, settle, seen } = set;
  const ready = node.ready();
  await live("handshake", A, B);
  await ready;
  assert.deepEqual(seen(), []);
  await deliver(2, 3);
  await deliver([1, { publisher: OTHER_ID, address: B }]);
  assert.equal(seen().filter((each) => each === "sync D").length, 2, "one for each");
  frames.lose(A);
  await settle();
  await live("handshake", A);
  assert.equal(seen().filter((each) => each === "sync D").length, 3, "it was lost");
  await deliver(6, 7);
  assert.equal(seen().filter((each) => each === "sync D").length, 4, "5 never arrived");
});

const C = "tcp://192.0.2.3:8866";

/** A node that follows C, too. Its application is busy with the first event until `finish`. */
async function busyNetwork(delivery: "drops-when-slow" | "keeps") {
  const { promise: isDone, resolve: finish } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const onUpdates = (updates: readonly DbUpdate[]) => {
    seen.push(...updates.map(({ key, action }) => key ?? action));
    return updates.some(({ key }) => key === "k1") ? isDone : undefined;
  };
  const set = await simulateReadyNetwork({ delivery }, { onUpdates });
  await set.fixture.list({ address: C });
  await set.fixture.clock.advance(POLL_MS);
  await set.live("confirmed", C);
  seen.length = 0;
  for (const seq of [1, 2]) await set.deliver([seq, { address: C }]);
  return { ...set, seen, finish };
}

Deno.test("NetworkSubscriber requests a sync after the events that had arrived, when a lossy connection returns while the application is busy", async () => {
  await using set = await busyNetwork("drops-when-slow");
  set.frames.lose(C);
  await set.live("confirmed", C);
  await set.deliver([5, { address: C }]);
  set.finish();
  await set.settle();
  assert.deepEqual([set.seen, set.kinds()], [["k1", "k2", "sync", "k5"], []]);
});

Deno.test("NetworkSubscriber requests a sync after the events that had arrived, when a publisher leaves while the application is busy", async () => {
  await using set = await busyNetwork("keeps");
  await set.fixture.unlist({ address: C });
  await set.fixture.clock.advance(POLL_MS + RESTORE_MS);
  set.finish();
  await set.settle();
  await set.fixture.clock.advance(SYNC_MS);
  assert.deepEqual(set.seen, ["k1", "k2", "sync"]);
});

Deno.test("NetworkSubscriber requests a sync after the events that had arrived, when a lossy connection returns before they are processed", async () => {
  for (let turns = 0; turns < 10; turns++) {
    await using set = await simulateReadyNetwork(LOSSY);
    set.frames.lose(A);
    await set.settle();
    set.frames.deliver({ topic: "D", payload: numberedPayload(1), address: A });
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await set.live("confirmed", A);
    assert.deepEqual(set.seen(), ["k1", "sync D"], `after ${turns} turns`);
  }
});
