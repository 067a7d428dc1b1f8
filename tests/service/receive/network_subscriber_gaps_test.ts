import assert from "node:assert/strict";
import type { FramePublisher } from "../../../drivers/contract/pubsub.ts";
import { systemClock } from "../../../service/base/clock.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import type { NetworkSubscriberOptions } from "../../../service/receive/network_subscriber.ts";
import { encodeHello, helloTopic } from "../../../service/protocol/hello.ts";
import { Collector } from "../../support/collector.ts";
import { effectiveSettings } from "../../support/effective_settings.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { LossyPublisher, type LossyPublisherOptions } from "../../support/lossy_publisher.ts";
import { NetworkFixture } from "../../support/network_fixture.ts";
import { EPOCH, heard, numberedPayload } from "../../support/numbered.ts";
import { startProxy } from "../../support/tcp_proxy.ts";
import { zmqDriver } from "../../support/zmq_drivers.ts";
import { portOf } from "../../support/zmq_test.ts";

const OTHER_ID = "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00";

async function setUp(overrides: Readonly<Record<string, string>> = {}) {
  const fixture = await NetworkFixture.create();
  const notices = new Collector<GapNotice>();
  const settings = await effectiveSettings({
    "df.pub_sub_sync_jitter": "0",
    "df.pub_sub_hello_interval": "0.05",
    ...overrides,
  });
  const open = (options: Partial<NetworkSubscriberOptions>) =>
    fixture.open({
      settings,
      clock: systemClock,
      onNotice: (notice) => notices.add(notice),
      ...options,
    });
  const kinds = () => notices.items.map(({ kind }) => kind);
  return { fixture, notices, open, kinds };
}

function lossy(port = "0", options: LossyPublisherOptions = {}): Promise<LossyPublisher> {
  return LossyPublisher.open(zmqDriver({ "df.publisher_port": port }), options);
}

/** Resolves when a subscriber knows where its publishers stand: it has taken their first event. */
async function begun(publisher: LossyPublisher, fixture: NetworkFixture): Promise<void> {
  publisher.announce("begin");
  await fixture.updates.has(() => fixture.seen.includes("begin"));
}

Deno.test("NetworkSubscriber hands on what was lost before what came after, when it is replayed", async () => {
  const { fixture, open, kinds } = await setUp();
  await using publisher = await lossy();
  await using node = await open({ publisherUris: [publisher.address] });
  await node.ready();
  await begun(publisher, fixture);
  publisher.lose("a", "b");
  publisher.announce("c", "d");
  await fixture.updates.count(5);
  assert.deepEqual(fixture.seen, ["begin", "a", "b", "c", "d"]);
  assert.deepEqual(kinds(), ["gap", "healed"]);
  assert.equal(node.gapCounters.replayed, 2);
});

Deno.test("NetworkSubscriber misses the last event before silence, by the hello", async () => {
  const { fixture, open, notices } = await setUp();
  await using publisher = await lossy();
  await using node = await open({ publisherUris: [publisher.address] });
  await node.ready();
  await begun(publisher, fixture);
  publisher.lose("last");
  await fixture.updates.count(2);
  assert.deepEqual(fixture.seen, ["begin", "last"]);
  await notices.count(2);
});

Deno.test("NetworkSubscriber gives one sync of the topic, when events are not kept", async () => {
  const { fixture, open, kinds } = await setUp();
  await using publisher = await lossy("0");
  await using node = await open({ publisherUris: [publisher.address], topics: ["t"] });
  await node.ready();
  await begun(publisher, fixture);
  publisher.lose("a");
  publisher.announce("b");
  publisher.lose("c");
  publisher.announce("d");
  await fixture.updates.count(4);
  assert.deepEqual(fixture.seen.toSorted(), ["b", "begin", "d", "sync"]);
  assert.deepEqual(kinds().toSorted(), ["gap", "gap", "lost", "lost"]);
});

Deno.test("NetworkSubscriber gives no sync and loses nothing, when a link breaks and comes back", async () => {
  const { fixture, open, kinds } = await setUp();
  await using publisher = await lossy();
  const port = Number(portOf(publisher.address));
  await using proxy = await startProxy(port);
  await using node = await open({ publisherUris: [proxy.uri] });
  await node.ready();
  await begun(publisher, fixture);
  proxy.cut();
  await fixture.health.has((events) => events.some(({ kind }) => kind === "disconnected"));
  publisher.announce("a", "b");
  proxy.mend();
  await fixture.updates.count(3);
  publisher.announce("c");
  await fixture.updates.count(4);
  assert.deepEqual(fixture.seen, ["begin", "a", "b", "c"]);
  assert.deepEqual(kinds(), ["gap", "healed"]);
});

Deno.test("NetworkSubscriber gives one sync, when a publisher has started anew", async () => {
  const { fixture, open, kinds } = await setUp({ "df.pub_sub_sync_jitter": "0.2" });
  const first = await lossy();
  const topics = ["t", "u"];
  await using node = await open({ publisherUris: [first.address], topics, random: () => 0.5 });
  await node.ready();
  await begun(first, fixture);
  await first[Symbol.asyncDispose]();
  await using second = await lossy(portOf(first.address));
  await fixture.updates.has(() => fixture.seen.includes("sync"));
  second.announce("after");
  await fixture.updates.has(() => fixture.seen.includes("after"));
  assert.deepEqual(fixture.seen, ["begin", "sync", "after"]);
  assert.deepEqual([...new Set(kinds())], ["restart"]);
});

Deno.test("NetworkSubscriber hears a publisher once, when it has two addresses, and one may go", async () => {
  const { fixture, open, kinds } = await setUp();
  await using publisher = await lossy();
  await using proxy = await startProxy(Number(portOf(publisher.address)));
  await using _node = await open({ publisherUris: [proxy.uri, publisher.address] });
  for (const address of [proxy.uri, publisher.address]) await fixture.live({ address });
  await begun(publisher, fixture);
  publisher.announce("a");
  proxy.cut();
  publisher.announce("b", "c");
  await fixture.updates.count(4);
  proxy.mend();
  await fixture.live({ address: proxy.uri }, 2);
  publisher.announce("d");
  await fixture.updates.count(5);
  assert.deepEqual(fixture.seen, ["begin", "a", "b", "c", "d"]);
  assert.deepEqual(kinds(), []);
});

Deno.test("NetworkSubscriber survives a hello that names nonsense to ask at, and gives a sync", async () => {
  const { fixture, open, notices } = await setUp();
  await using publisher = await fixture.publisher();
  await using node = await open({ publisherUris: [publisher.address] });
  await node.ready();
  for (const [n, replay] of ["nonsense", "tcp://", "tcp://x:99999", "ipc://"].entries()) {
    const place = { epoch: EPOCH + n };
    hello(publisher, 0, replay, place);
    for (const seq of [1, 3]) publisher.trySend("D", numberedPayload(seq, place));
    await notices.has((all) => all.filter(({ kind }) => kind === "lost").length === n + 1);
  }
  await fixture.updates.has(() => fixture.seen.includes("sync"));
});

function hello(
  publisher: FramePublisher,
  seq: number,
  replay: string,
  place: { readonly epoch: number },
): void {
  const item = heard(seq, { ...place, replay });
  if ("hello" in item) publisher.trySend(helloTopic("D"), encodeHello(item.hello));
}

Deno.test("NetworkSubscriber holds nobody else's events back", async () => {
  const { fixture, open, notices } = await setUp();
  await using silent = await fixture.publisher();
  await using publisher = await lossy("0", { id: OTHER_ID });
  await using node = await open({ publisherUris: [silent.address, publisher.address] });
  for (const { address } of [silent, publisher]) await fixture.live({ address });
  hello(silent, 0, "tcp://127.0.0.1:9", { epoch: EPOCH });
  silent.trySend("D", numberedPayload(2));
  publisher.announce("free");
  await fixture.updates.has(() => fixture.seen.includes("free"));
  await notices.count(1);
  assert(!fixture.seen.includes("k2"));
  assert.equal(node.gapCounters.held, 1);
});

Deno.test("NetworkSubscriber leaves nothing open, when it is disposed while it asks", async () => {
  const { fixture, open, notices } = await setUp();
  await withoutLeaks(async () => {
    const publisher = await fixture.publisher();
    const node = await open({ publisherUris: [publisher.address] });
    await node.ready();
    hello(publisher, 0, "tcp://127.0.0.1:9", { epoch: EPOCH });
    publisher.trySend("D", numberedPayload(2));
    await notices.count(1);
    await node[Symbol.asyncDispose]();
    await publisher[Symbol.asyncDispose]();
  });
});
