import assert from "node:assert/strict";
import { DriverError } from "../../../drivers/contract/errors.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { announce, NetworkFixture } from "../../support/network_fixture.ts";

const POLL_MS = 30_000;
/** A port of this host on which nothing listens. */
const NOWHERE = "tcp://127.0.0.1:9";

Deno.test("NetworkSubscriber receives from every publisher of the table, when it is ready", async () => {
  const fixture = await NetworkFixture.create();
  await using first = await fixture.publisher();
  await using second = await fixture.publisher();
  for (const publisher of [first, second]) await fixture.list(publisher);
  await using node = await fixture.open();
  await node.ready();
  announce(first, "a");
  announce(second, "b");
  await fixture.updates.count(2);
  assert.deepEqual(fixture.seen.sort(), ["a", "b"]);
});

Deno.test("NetworkSubscriber receives only the requested topics", async () => {
  const fixture = await NetworkFixture.create();
  await using publisher = await fixture.publisher();
  await using node = await fixture.open({ publisherUris: [publisher.address], topics: ["t"] });
  await node.ready();
  const payload = new TextEncoder().encode("junk");
  for (const topic of ["tt", "t", "D"]) publisher.trySend(topic, payload);
  announce(publisher, "end");
  await fixture.updates.count(1);
  node.registerTopic("tt");
  await node.ready();
  assert.deepEqual(fixture.log.messages("warn").length, 1);
  publisher.trySend("tt", payload);
  announce(publisher, "end");
  await fixture.updates.count(2);
  assert.deepEqual(fixture.seen, ["end", "end"]);
});

Deno.test("NetworkSubscriber connects at the next poll, when a publisher appears", async () => {
  const fixture = await NetworkFixture.create();
  await using node = await fixture.open();
  await using publisher = await fixture.publisher();
  await fixture.list(publisher);
  await fixture.clock.advance(POLL_MS);
  await fixture.live(publisher);
  announce(publisher, "a");
  await fixture.updates.count(1);
  assert.deepEqual(node.publisherUris, [publisher.address]);
});

Deno.test("NetworkSubscriber connects at once, when another publisher announces a new one", async () => {
  const fixture = await NetworkFixture.create();
  await using known = await fixture.publisher();
  await using added = await fixture.publisher();
  await fixture.list(known);
  await using node = await fixture.open();
  await node.ready();
  await fixture.list(added);
  announce(known, added.address, "publisher");
  await fixture.live(added);
});

Deno.test("NetworkSubscriber disconnects and requests a sync for the last events, when the row of a publisher stays removed", async () => {
  const fixture = await NetworkFixture.create();
  await using gone = await fixture.publisher();
  await using stays = await fixture.publisher();
  for (const publisher of [gone, stays]) await fixture.list(publisher);
  await using node = await fixture.open();
  await node.ready();
  await fixture.unlist(gone);
  await fixture.clock.advance(POLL_MS);
  await fixture.clock.settle();
  await fixture.clock.advance(12_000);
  await fixture.clock.settle();
  assert.deepEqual(node.publisherUris, [stays.address]);
  announce(gone, "unheard");
  announce(stays, "event");
  await fixture.updates.count(2);
  assert.deepEqual(fixture.seen.toSorted(), ["event", "sync"]);
});

Deno.test("NetworkSubscriber emits one sync, when a lost publisher returns", async () => {
  const fixture = await NetworkFixture.create();
  const killed = await fixture.publisher();
  await using other = await fixture.publisher();
  await using node = await fixture.open({ publisherUris: [killed.address, other.address] });
  for (const publisher of [killed, other]) await fixture.live(publisher);
  await node.ready();
  await killed[Symbol.asyncDispose]();
  await using back = await fixture.publisher(killed.address);
  await fixture.live(back, 2);
  await fixture.updates.count(1);
  announce(back, "after");
  await fixture.updates.count(2);
  assert.deepEqual(fixture.seen, ["sync", "after"]);
});

Deno.test("NetworkSubscriber emits a sync, when a publisher appears after ready", async () => {
  const fixture = await NetworkFixture.create();
  await using node = await fixture.open();
  await node.ready();
  await using publisher = await fixture.publisher();
  await fixture.list(publisher);
  await fixture.clock.advance(POLL_MS);
  await fixture.live(publisher);
  await fixture.updates.count(1);
  assert.deepEqual(fixture.seen, ["sync"]);
});

Deno.test("NetworkSubscriber emits a sync, when a publisher that ready could not wait for appears", async () => {
  const fixture = await NetworkFixture.create();
  const late = await fixture.publisher();
  await late[Symbol.asyncDispose]();
  await using early = await fixture.publisher();
  await using node = await fixture.open({ publisherUris: [late.address, early.address] });
  await node.ready();
  assert.deepEqual(fixture.seen, []);
  await using came = await fixture.publisher(late.address);
  await fixture.live(came);
  await fixture.updates.count(1);
  assert.deepEqual(fixture.seen, ["sync"]);
});

Deno.test("NetworkSubscriber emits no sync, when a topic is added or ready is called again", async () => {
  const fixture = await NetworkFixture.create();
  await using publisher = await fixture.publisher();
  await using node = await fixture.open({ publisherUris: [publisher.address] });
  await node.ready();
  node.registerTopic("t");
  await node.ready();
  announce(publisher, "a");
  await fixture.updates.count(1);
  assert.deepEqual(fixture.seen, ["a"]);
});

Deno.test("NetworkSubscriber.ready waits for live publishers only, when the table has others too", async () => {
  const fixture = await NetworkFixture.create();
  await using alive = await fixture.publisher();
  await fixture.list(alive);
  await fixture.list({ address: NOWHERE }, 400_000);
  await using node = await fixture.open();
  await node.ready({ timeoutMs: 5_000 });
});

Deno.test("NetworkSubscriber.ready rejects in time, when a publisher cannot be reached", async () => {
  const fixture = await NetworkFixture.create();
  await fixture.list({ address: NOWHERE });
  await using node = await fixture.open();
  await assert.rejects(node.ready({ timeoutMs: 50 }), (error) => {
    assert(error instanceof DriverError && error.code === "SEND_TIMEOUT");
    assert(error.message.includes(NOWHERE), error.message);
    return true;
  });
});

Deno.test("NetworkSubscriber.ready rejects, when no known publisher can be reached or it is aborted", async () => {
  const fixture = await NetworkFixture.create();
  await using node = await fixture.open({ publisherUris: [NOWHERE, "tcp://127.0.0.1:11"] });
  await assert.rejects(node.ready({ timeoutMs: 50 }), { code: "SEND_TIMEOUT" });
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(node.ready({ signal }), /enough/);
});

Deno.test("NetworkSubscriber follows the configured publishers, when the database is down", async () => {
  const fixture = await NetworkFixture.create();
  fixture.db.setDown(true);
  await using publisher = await fixture.publisher();
  await using node = await fixture.open({ publisherUris: [publisher.address] });
  await node.ready();
  assert.equal(fixture.log.messages("warn").length, 1);
});

Deno.test("NetworkSubscriber leaves nothing open, when it is disposed twice, and during work", async () => {
  const fixture = await NetworkFixture.create();
  await withoutLeaks(async () => {
    const publisher = await fixture.publisher();
    await fixture.list(publisher);
    const node = await fixture.open();
    await node.ready();
    for (let key = 0; key < 1000; key++) announce(publisher, String(key));
    await fixture.updates.count(1);
    await Promise.all([node[Symbol.asyncDispose](), node[Symbol.asyncDispose]()]);
    await publisher[Symbol.asyncDispose]();
    await assert.rejects(node.ready(), { code: "CLOSED" });
  });
  assert.equal(fixture.clock.sleepers, 0);
});

Deno.test("NetworkSubscriber.ready rejects, when it is disposed while it waits", async () => {
  const fixture = await NetworkFixture.create();
  await fixture.list({ address: NOWHERE });
  const node = await fixture.open();
  const rejected = assert.rejects(node.ready(), { code: "CLOSED" });
  await node[Symbol.asyncDispose]();
  await rejected;
});
