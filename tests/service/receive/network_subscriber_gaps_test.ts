import assert from "node:assert/strict";
import type { LiveProof } from "../../../drivers/contract/health.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import type { PubSubTraits } from "../../../drivers/contract/pubsub.ts";
import { createMemoryDriver } from "../../../drivers/pubsub/memory.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import type { NetworkSubscriberOptions } from "../../../service/receive/network_subscriber.ts";
import { fakeNetwork, FakeSubscriber } from "../../support/fake_subscriber.ts";
import { NetworkFixture } from "../../support/network_fixture.ts";
import { EPOCH, numberedPayload, type Place, PUBLISHER } from "../../support/numbered.ts";
import { testSettings } from "../../support/test_settings.ts";

const A = "tcp://192.0.2.1:8866";
const B = "tcp://192.0.2.2:8866";
const OTHER_ID = "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00";
/** The jitter of a sync, which is 0 here, and the least time between two of one topic. */
const SYNC_MS = 5_000;
const POLL_MS = 30_000;

const LOSSY = { delivery: "drops-when-slow" } as const;
const BROKER = { listensToAddresses: false } as const;

/** A node that follows A and B over a transport that a test plays, and is ready. */
async function setUp(
  traits: Partial<PubSubTraits> = {},
  options: Partial<NetworkSubscriberOptions> = {},
) {
  const frames = new FakeSubscriber();
  const fixture = await NetworkFixture.create();
  const notices: GapNotice[] = [];
  const node = await fixture.open({
    driver: fakeNetwork(frames, traits),
    publisherUris: [A, B],
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const settle = () => fixture.clock.settle();
  const isAddressed = traits.listensToAddresses !== false;
  const live = async (proof: LiveProof = "confirmed", ...addresses: readonly string[]) => {
    for (const address of addresses) frames.live(address, proof);
    await settle();
  };
  /** Events come, in one wake-up. */
  const come = async (...seqs: readonly (number | [number, Place & { address?: string }])[]) => {
    frames.deliver(...seqs.map((each) => {
      const [seq, place] = Array.isArray(each) ? each : [each, {}];
      const { address = A, topic = "D" } = place;
      return { topic, payload: numberedPayload(seq, place), ...isAddressed ? { address } : {} };
    }));
    await settle();
  };
  const kinds = () => notices.map(({ kind }) => kind);
  const parts = { frames, fixture, node, notices, settle, live, come, kinds };
  return { ...parts, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

async function setUpReady(...args: Parameters<typeof setUp>) {
  const set = await setUp(...args);
  const ready = set.node.ready();
  await set.live("confirmed", A, B);
  await ready;
  return set;
}

/** What was handed out: keys, and syncs with the topic they are about. */
function seenBy({ updates }: NetworkFixture): string[] {
  return updates.items.map(({ key, topic }) => key ?? `sync ${topic}`);
}

Deno.test("NetworkSubscriber hands out each event once and in order, and knows where publishers stand", async () => {
  await using set = await setUpReady();
  const { fixture, node, come, kinds } = set;
  await come(1, 2, 2, 3, [1, { publisher: OTHER_ID, address: B }]);
  assert.deepEqual(seenBy(fixture), ["k1", "k2", "k3", "k1"]);
  assert.deepEqual(kinds(), []);
  assert.equal(node.gapCounters.duplicates, 1);
  assert.deepEqual(node.positions, [
    { publisher: PUBLISHER, epoch: EPOCH, topic: "D", seq: 3 },
    { publisher: OTHER_ID, epoch: EPOCH, topic: "D", seq: 1 },
  ]);
});

Deno.test("NetworkSubscriber knows positions and tells holes at a broker that keeps events, too", async () => {
  await using set = await setUp(BROKER);
  const { fixture, node, come, kinds } = set;
  await come(1, 3);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seenBy(fixture), ["k1", "k3", "sync D"]);
  assert.deepEqual([kinds(), node.positions.map(({ seq }) => seq)], [["lost"], [3]]);
});

Deno.test("NetworkSubscriber gives one sync of the topic for several holes, and holds nothing back", async () => {
  await using set = await setUpReady({}, { topics: ["t"], random: () => 0.5 });
  const { fixture, come, kinds } = set;
  await come(1, 3, 4, 6, [1, { topic: "t" }], [2, { topic: "t" }]);
  assert.deepEqual(seenBy(fixture), ["k1", "k3", "k4", "k6", "t1", "t2"]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seenBy(fixture).slice(6), ["sync D"]);
  assert.deepEqual(kinds(), ["lost", "lost"]);
});

Deno.test("NetworkSubscriber puts a sync in the place of a gap, tells of it, and accepts what follows", async () => {
  await using set = await setUpReady({}, { topics: ["t"] });
  const { frames, fixture, node, notices, settle, come } = set;
  await come(1, [1, { topic: "t" }]);
  frames.deliver(
    { topic: "D", payload: numberedPayload(2), address: A },
    { topic: "D", payload: new Uint8Array(0), gap: "the log was cut off", address: A },
    { topic: "D", payload: numberedPayload(7), address: A },
  );
  await settle();
  await come([2, { topic: "t" }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seenBy(fixture), ["k1", "t1", "k2", "sync D", "k7", "t2"]);
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

Deno.test("NetworkSubscriber ignores a gap in a topic that was unregistered", async () => {
  await using set = await setUpReady({}, { topics: ["t"] });
  const { frames, fixture, node, settle, kinds } = set;
  node.unregisterTopic("t");
  frames.deliver({ topic: "t", payload: new Uint8Array(0), gap: "cut off", address: A });
  await settle();
  assert.deepEqual([seenBy(fixture), kinds()], [[], []]);
});

Deno.test("NetworkSubscriber gives no sync, when a connection breaks that keeps events", async () => {
  await using set = await setUpReady();
  const { frames, fixture, live, come, kinds, settle } = set;
  await come(1);
  frames.lose(A);
  await settle();
  await live("confirmed", A);
  await come(2);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual([seenBy(fixture), kinds()], [["k1", "k2"], []]);
});

Deno.test("NetworkSubscriber tells of a restart and syncs its topic, unless a gap has done so", async () => {
  for (const isTold of [false, true]) {
    await using set = await setUpReady();
    const { frames, fixture, come, kinds } = set;
    await come(1);
    const gap = { topic: "D", payload: new Uint8Array(0), gap: "another epoch", address: A };
    if (isTold) frames.deliver(gap);
    await come([1, { epoch: EPOCH + 1 }]);
    await fixture.clock.advance(SYNC_MS);
    assert.deepEqual(seenBy(fixture), isTold ? ["k1", "sync D", "k1"] : ["k1", "k1", "sync D"]);
    assert.deepEqual(kinds(), isTold ? ["gap", "restart"] : ["restart"]);
  }
});

Deno.test("NetworkSubscriber gives no sync for a restart at a broker: that has what was sent last", async () => {
  await using set = await setUp(BROKER);
  const { fixture, come, kinds } = set;
  await come(1, [1, { epoch: EPOCH + 1 }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual([seenBy(fixture), kinds()], [["k1", "k1"], ["restart"]]);
});

Deno.test("NetworkSubscriber gives one sync of everything, and no false loss, when a lossy connection is back", async () => {
  await using set = await setUpReady(LOSSY, { topics: ["t"] });
  const { frames, fixture, live, come, kinds, settle } = set;
  await come(1, [1, { topic: "t" }], [1, { publisher: OTHER_ID, address: B }]);
  frames.lose(A);
  await settle();
  await live("confirmed", A);
  await come(5, [5, { topic: "t" }], [2, { publisher: OTHER_ID, address: B }]);
  await fixture.clock.advance(SYNC_MS);
  assert.deepEqual(seenBy(fixture), ["k1", "t1", "k1", "sync D", "k5", "t5", "k2"]);
  assert.deepEqual(kinds(), []);
  await come([4, { publisher: OTHER_ID, address: B }]);
  assert.deepEqual(kinds(), ["lost"], "its connection was not lost");
});

Deno.test("NetworkSubscriber rebases every publisher, when a lossy broker is back", async () => {
  await using set = await setUp({ ...LOSSY, ...BROKER });
  const { frames, fixture, live, come, kinds, settle } = set;
  await live("confirmed", "broker");
  await come(1, [1, { publisher: OTHER_ID }]);
  frames.lose("broker");
  await settle();
  await come(2);
  await live("confirmed", "broker");
  await come(5, [5, { publisher: OTHER_ID }]);
  assert.deepEqual(seenBy(fixture), ["k1", "k1", "k2", "sync D", "k5", "k5"]);
  assert.deepEqual(kinds(), []);
});

for (const traits of [{}, LOSSY]) {
  const { delivery = "keeps" } = traits as Partial<PubSubTraits>;
  Deno.test(`NetworkSubscriber gives one sync, when a publisher first becomes live that ready did not wait for: ${delivery}`, async () => {
    await using set = await setUp(traits, { publisherUris: [] });
    const { fixture, node, live } = set;
    await node.ready();
    await fixture.list({ address: A });
    await fixture.clock.advance(POLL_MS);
    assert.deepEqual(node.publisherUris, [A]);
    await live("confirmed", A);
    await live("confirmed", A);
    assert.deepEqual(seenBy(fixture), ["sync D"]);
  });
}

Deno.test("NetworkSubscriber has everything read again, when its subscriptions may have come too late for events", async () => {
  await using set = await setUp(LOSSY);
  const { frames, fixture, node, live, come, settle } = set;
  const ready = node.ready();
  await live("handshake", A, B);
  await ready;
  assert.deepEqual(seenBy(fixture), []);
  await come(2, 3);
  await come([1, { publisher: OTHER_ID, address: B }]);
  assert.equal(seenBy(fixture).filter((each) => each === "sync D").length, 2, "one for each");
  frames.lose(A);
  await settle();
  await live("handshake", A);
  assert.equal(seenBy(fixture).filter((each) => each === "sync D").length, 3, "it was lost");
  await come(6, 7);
  assert.equal(seenBy(fixture).filter((each) => each === "sync D").length, 4, "5 never came");
});

Deno.test("NetworkSubscriber hands out an event once, when it comes from two addresses, and one may go", async () => {
  await using set = await setUpReady();
  const { frames, fixture, live, come, kinds, settle } = set;
  await come(1, [1, { address: B }], [2, { address: B }], 2);
  frames.lose(A);
  await settle();
  await come([3, { address: B }], [4, { address: B }]);
  await live("confirmed", A);
  await come(3, 4, 5, [5, { address: B }]);
  assert.deepEqual(seenBy(fixture), ["k1", "k2", "k3", "k4", "k5"]);
  assert.deepEqual(kinds(), []);
});

Deno.test("NetworkSubscriber tells lost events over a real transport, and leaves nothing open", async () => {
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
  assert.equal(fixture.clock.sleepers, 0, "the sync that waited is dropped");
});
