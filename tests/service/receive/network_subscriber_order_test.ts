import assert from "node:assert/strict";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import { numberedPayload } from "../../support/numbered.ts";
import {
  A,
  simulateNetwork,
  simulateReadyNetwork,
  SYNC_MS,
} from "../../support/fakes/simulated_network.ts";

const NOTHING = new Uint8Array();

Deno.test("NetworkSubscriber reports the start and the end of the past in their places among the events", async () => {
  const seen: string[] = [];
  await using set = await simulateNetwork({}, {
    onUpdates: (updates) => void seen.push(...updates.map(({ key }) => String(key))),
    onPast: ({ past }) => seen.push(past.kind),
  });
  const event = (seq: number) => ({ topic: "D", payload: numberedPayload(seq), address: A });
  const mark = (kind: "start" | "end") => {
    return { topic: "D", payload: NOTHING, past: { kind }, address: A };
  };
  set.frames.deliver(mark("start"), event(1), event(2), mark("end"), event(3));
  await set.settle();
  assert.deepEqual(seen, ["start", "k1", "k2", "end", "k3"]);
});

Deno.test("NetworkSubscriber accepts any event of a publisher, after a gap in all its topics", async () => {
  await using set = await simulateReadyNetwork({}, { allTopics: true });
  assert.deepEqual([...set.frames.topics], [""]);
  await set.deliver([1, { topic: "t" }]);
  set.frames.deliver({ topic: "", payload: NOTHING, gap: "the connection was lost", address: A });
  await set.deliver([5, { topic: "t" }]);
  await set.fixture.clock.advance(SYNC_MS);
  assert.deepEqual([set.seen(), set.kinds()], [["t1", "sync D", "t5"], ["gap"]]);
});

Deno.test("NetworkSubscriber requests one sync, when a lossy connection returns before that of a topic is due", async () => {
  const options = { random: () => 0.5 };
  await using set = await simulateReadyNetwork({ delivery: "drops-when-slow" }, options);
  await set.deliver(1, 3);
  set.frames.lose(A);
  await set.live("confirmed", A);
  await set.fixture.clock.advance(SYNC_MS);
  assert.deepEqual(set.seen(), ["k1", "k3", "sync D"]);
});

Deno.test("NetworkSubscriber drops the rest of a batch, when its topic is registered again while the application is busy with the events before the end of the past", async () => {
  const { promise: isDone, resolve: finish } = Promise.withResolvers<void>();
  const seen: string[] = [];
  const onUpdates = (updates: readonly DbUpdate[]) => {
    seen.push(...updates.map(({ key }) => String(key)));
    return seen.length === 1 ? isDone : undefined;
  };
  await using set = await simulateReadyNetwork({}, { topics: ["t"], onUpdates });
  const event = (seq: number) => {
    return { topic: "t", payload: numberedPayload(seq, { topic: "t" }), address: A };
  };
  const end = { topic: "t", payload: NOTHING, past: { kind: "end" }, address: A } as const;
  set.frames.deliver(event(1), end, event(2), event(3));
  await set.settle();
  set.node.unregisterTopic("t");
  set.node.registerTopic("t");
  await set.deliver([7, { topic: "t" }]);
  finish();
  await set.settle();
  assert.deepEqual([seen, set.kinds()], [["t1", "t7"], []]);
});

Deno.test("NetworkSubscriber requests no sync for an earlier loss, when a topic is registered again", async () => {
  await using set = await simulateReadyNetwork({}, { topics: ["t"] });
  await set.deliver([1, { topic: "t" }], [3, { topic: "t" }]);
  set.node.unregisterTopic("t");
  set.node.registerTopic("t");
  await set.fixture.clock.advance(SYNC_MS);
  assert.deepEqual([set.seen(), set.kinds()], [["t1", "t3"], ["lost"]]);
});

for (const busyWith of ["sync", "set"]) {
  Deno.test(`NetworkSubscriber drops the events of a topic that was unregistered while the application was busy with a ${busyWith}, when the topic is registered again`, async () => {
    const { promise: isDone, resolve: finish } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const onUpdates = (updates: readonly DbUpdate[]) => {
      seen.push(...updates.map(({ key, action }) => key ?? action));
      if (updates.length === 0) seen.push("no event");
      return updates[0]?.action === busyWith ? isDone : undefined;
    };
    await using set = await simulateReadyNetwork({}, { topics: ["t"], onUpdates });
    await set.deliver(...busyWith === "sync" ? [1, 3] : [1]);
    await set.fixture.clock.advance(SYNC_MS);
    const before = [...seen];
    for (const numbers of [[1, 2, 3], [4]]) {
      for (const seq of numbers) await set.deliver([seq, { topic: "t" }]);
      set.node.unregisterTopic("t");
      set.node.registerTopic("t");
    }
    await set.deliver([7, { topic: "t" }]);
    finish();
    await set.settle();
    assert.deepEqual(seen, [...before, "t7"]);
    assert.deepEqual(set.kinds(), busyWith === "sync" ? ["lost"] : []);
  });
}

Deno.test("NetworkSubscriber ends its notices, when it is disposed", async () => {
  const set = await simulateNetwork();
  const reading = (async () => {
    const kinds: string[] = [];
    for await (const { kind } of set.node.notices) kinds.push(kind);
    return kinds;
  })();
  await set.deliver(1, 3);
  await set[Symbol.asyncDispose]();
  assert.deepEqual(await reading, ["lost"]);
});

Deno.test("NetworkSubscriber reports no false loss, when an event comes before its lossy connection counts as live", async () => {
  await using set = await simulateReadyNetwork({ delivery: "drops-when-slow" });
  await set.deliver(1);
  set.frames.lose(A);
  await set.settle();
  await set.deliver(5);
  await set.live("confirmed", A);
  await set.deliver(8);
  assert.deepEqual([set.seen(), set.kinds()], [["k1", "k5", "sync D", "k8"], []]);
});
