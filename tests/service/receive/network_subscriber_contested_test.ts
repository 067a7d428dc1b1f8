import assert from "node:assert/strict";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import { encodeUpdate } from "../../../service/event/codec/encode.ts";
import { type DbUpdate, withoutOrigin } from "../../../service/event/db_update.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import type { NetworkSubscriberOptions } from "../../../service/receive/network_subscriber.ts";
import { NetworkFixture } from "../../support/network_fixture.ts";
import { numbered, numberedPayload, type Place } from "../../support/numbered.ts";
import { testSettings } from "../../support/test_settings.ts";

/** By this time every event in flight has arrived. */
const LATER_MS = 3_001;
const SYNC_MS = 10_000;

async function setUp(options: Partial<NetworkSubscriberOptions> = {}) {
  const driver = createMemoryDriver({ settings: testSettings(), log: silentLogger });
  const fixture = await NetworkFixture.create();
  const notices: GapNotice[] = [];
  const node = await fixture.open({
    driver,
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const publisher = await driver.openPublisher();
  const send = (seq: number, place: Place = {}) => {
    publisher.trySend(place.topic ?? "D", numberedPayload(seq, place));
  };
  const stack = new AsyncDisposableStack();
  stack.use(publisher);
  stack.use(node);
  const kinds = () => notices.map(({ kind }) => kind);
  return {
    fixture,
    node,
    publisher,
    send,
    kinds,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

Deno.test("NetworkSubscriber warns and syncs the topic, when two publishers share an id at a broker", async () => {
  await using set = await setUp();
  const { fixture, send, kinds } = set;
  for (const [seq, epoch] of [[1, 1], [1, 2], [2, 1]] as const) send(seq, { epoch });
  await fixture.updates.count(2);
  await fixture.clock.advance(SYNC_MS);
  await fixture.updates.count(3);
  for (const epoch of [1, 2]) {
    await fixture.clock.advance(LATER_MS);
    send(3, { epoch });
    await fixture.updates.has(() => fixture.seen.filter((key) => key === "k3").length === epoch);
  }
  await fixture.clock.advance(SYNC_MS);
  const events = fixture.seen.filter((key) => key !== "sync");
  assert.deepEqual([events, fixture.seen.at(-1)], [["k1", "k1", "k3", "k3"], "sync"]);
  assert.deepEqual(kinds().filter((kind) => kind === "contested"), ["contested", "contested"]);
  const warnings = fixture.log.messages("warn").filter((line) => line.includes("contradicts"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /two services share its id/);
});

Deno.test("NetworkSubscriber follows no topic, when it was unregistered while its events waited", async () => {
  const entered = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const seen: (string | null)[] = [];
  await using set = await setUp({
    topics: ["t"],
    onUpdates: async (updates: readonly DbUpdate[]) => {
      seen.push(...updates.map(({ key }) => key));
      entered.resolve();
      await go.promise;
    },
  });
  const { fixture, node, publisher, send } = set;
  send(1);
  await entered.promise;
  send(1, { topic: "t" });
  // As a publisher of the original sends it.
  publisher.trySend("t", encodeUpdate(withoutOrigin(numbered(2, { topic: "t" })), "map"));
  send(2);
  node.unregisterTopic("t");
  go.resolve();
  await fixture.clock.settle();
  assert.deepEqual(seen, ["k1", "k2"]);
  assert.deepEqual(node.positions.map(({ topic }) => topic), ["D"]);
});

Deno.test("NetworkSubscriber hands out an event without a number that names another topic, when the topic of its frame is registered", async () => {
  await using set = await setUp();
  set.publisher.trySend("D", encodeUpdate(withoutOrigin(numbered(1, { topic: "t" })), "map"));
  await set.fixture.updates.count(1);
  assert.deepEqual(set.fixture.seen, ["t1"]);
});
