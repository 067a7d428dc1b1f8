import assert from "node:assert/strict";
import { NbApi } from "../../../service/node/nb_api.ts";
import { BY_BROKER } from "../../support/nb_api_fixture.ts";
import { serviceParts } from "../../support/service_fixture.ts";
import { SELECTIVE, set, settled, setUpTables, SYNC } from "../../support/tables_fixture.ts";

Deno.test("NbApi.changes applies a sync row by row, and marks its end", async () => {
  await using fixture = await setUpTables({ a: null, b: null });
  await fixture.takeChanges();
  await fixture.db.set("lport", "a", "2");
  await fixture.db.delete("lport", "b");
  await fixture.db.create("lswitch", "s", "1");
  await fixture.publish(SYNC);
  assert.deepEqual(await fixture.takeChanges(), [
    "set lport/a on D = 2",
    "delete lport/b on D = null",
    "create lswitch/s on D = 1",
    "sync_finished",
  ]);
});

Deno.test("NbApi.changes applies a sync of one topic to the rows of that topic", async () => {
  await using fixture = await setUpTables({ a: "t", b: "u" });
  fixture.api.registerTopic("t");
  await fixture.takeChanges();
  await fixture.db.set("lport", "a", "2");
  await fixture.db.set("lport", "b", "2");
  await fixture.publish({ ...SYNC, topic: "t" });
  const updates = (await fixture.changes.count(2), fixture.changes.items);
  assert.deepEqual(updates.map(({ action, topic }) => `${action} ${topic}`), [
    "set t",
    "sync_finished t",
  ]);
});

Deno.test("NbApi.changes makes at most one more pass, when several syncs arrive at once", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.takeChanges();
  const [client] = fixture.parts.drivers.clients;
  assert(client !== undefined);
  const reads = client.count("entries");
  const goOn = Promise.withResolvers<void>();
  client.before = () => goOn.promise;
  await fixture.publish(SYNC, SYNC, SYNC);
  await fixture.publish(SYNC, { ...SYNC, topic: "D" }, SYNC);
  goOn.resolve();
  assert.deepEqual(await fixture.takeChanges(), ["sync_finished", "sync_finished"]);
  assert.equal(client.count("entries") - reads, 2 * 2);
});

Deno.test("NbApi.changes waits for a database that is down, and logs it once", async () => {
  await using fixture = await setUpTables({ a: null }, {}, ({ drivers }) => drivers.setDown(true));
  const { parts } = fixture;
  await parts.clock.advance(1_000);
  assert.deepEqual(await fixture.takeChanges(), []);
  parts.drivers.setDown(false);
  await parts.clock.advance(30_000);
  assert.deepEqual((await fixture.takeChanges()).slice(0, 1), ["initial lport/a on D = a1"]);
  await fixture.db.set("lport", "a", "2");
  parts.drivers.setDown(true);
  await fixture.publish(SYNC, set("a", "2"));
  await parts.clock.advance(100_000);
  parts.drivers.setDown(false);
  await parts.clock.advance(30_000);
  assert.deepEqual(await fixture.takeChanges(), ["set lport/a on D = 2", "sync_finished"]);
  const warnings = parts.log.messages("warn");
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? "", /^Reading rows again: database unreachable since .*: /);
});

Deno.test("NbApi.changes emits the missed changes, when its queue had overflowed", async () => {
  await using fixture = await setUpTables({ a: null }, { "df.pub_sub_change_queue_size": "3" });
  await fixture.takeChanges();
  const goOn = Promise.withResolvers<void>();
  const [client] = fixture.parts.drivers.clients;
  assert(client !== undefined);
  client.before = () => goOn.promise;
  for (const key of ["a", "b", "c", "d", "e", "f"]) {
    await fixture.db.create("lport", key, "2");
    await fixture.publish(set(key, "2"));
  }
  goOn.resolve();
  const takeChanges = await fixture.takeChanges();
  assert.deepEqual(takeChanges.slice(0, 1), ["set lport/a on D = 2"]);
  assert.deepEqual(takeChanges.filter((line) => line !== "sync_finished").length, 6);
  assert(takeChanges.includes("create lport/f on D = 2"), takeChanges.join());
});

Deno.test("NbApi.changes follows the rows of the subscribed topics, with selective distribution", async () => {
  await using fixture = await setUpTables({ a: "t", b: "u", c: null }, SELECTIVE);
  assert.deepEqual((await fixture.takeChanges()).map((line) => line.split(" =")[0]), [
    "initial lport/c on D",
    "synced",
  ]);
  fixture.api.registerTopic("t");
  assert.deepEqual(await fixture.takeChanges(), ["create lport/a on t = a1", "sync_finished"]);
  fixture.api.unregisterTopic("t");
  await fixture.db.set("lport", "b", "2", {});
  await fixture.publish(SYNC);
  assert.deepEqual(await fixture.takeChanges(), ["sync_finished"]);
});

Deno.test("NbApi.changes deletes a row, when it moves to a topic that is not subscribed", async () => {
  await using fixture = await setUpTables({ a: "t" }, SELECTIVE);
  fixture.api.registerTopic("t");
  await fixture.takeChanges();
  await fixture.db.create("lport", "a", "2", { topic: "u" });
  await fixture.publish({ table: "lport", key: "a", action: "delete", topic: "t" });
  assert.deepEqual(await fixture.takeChanges(), ["delete lport/a on t = null"]);
  await fixture.publish({ table: "lport", key: "a", action: "delete", topic: "t" });
  assert.deepEqual(await fixture.takeChanges(), []);
});

for (const isSettled of [false, true]) {
  const when = isSettled ? "later" : "soon after the snapshot";
  Deno.test(`NbApi.changes keeps rows that move between topics ${when}, in whatever order the events arrive`, async () => {
    await using fixture = await setUpTables({ a: "t", b: "t", c: "t" }, SELECTIVE);
    for (const topic of ["t", "u"]) fixture.api.registerTopic(topic);
    if (isSettled) await settled(fixture);
    await fixture.takeChanges();
    for (const key of ["a", "b", "c"]) await fixture.db.create("lport", key, "2", { topic: "u" });
    const created = (key: string) => ({ ...set(key, "2"), topic: "u" });
    const deleted = (key: string) => ({ table: "lport", key, action: "delete", topic: "t" });
    await fixture.publish(created("a"));
    await fixture.publish(deleted("a"));
    assert.deepEqual(await fixture.takeChanges(), ["set lport/a on u = 2"]);
    await fixture.publish(created("b"), deleted("b"));
    assert.deepEqual(await fixture.takeChanges(), ["set lport/b on u = 2"]);
    await fixture.publish(deleted("c"), created("c"));
    assert.deepEqual(await fixture.takeChanges(), [
      "delete lport/c on t = null",
      "set lport/c on u = 2",
    ]);
  });
}

Deno.test("NbApi.changes knows the topic of a row that has moved, whatever was deleted from the former one", async () => {
  await using fixture = await setUpTables({}, SELECTIVE);
  for (const topic of ["t", "u"]) fixture.api.registerTopic(topic);
  await fixture.takeChanges();
  const deleted = { table: "lport", key: "a", action: "delete", topic: "t" };
  await fixture.db.create("lport", "a", "1", { topic: "u" });
  await fixture.publish(deleted, { ...set("a", "1"), action: "create", topic: "u" });
  assert.deepEqual(await fixture.takeChanges(), ["create lport/a on u = 1"]);
  await fixture.db.set("lport", "a", "2");
  await fixture.publish(deleted);
  assert.deepEqual(await fixture.takeChanges(), []);
  await fixture.publish({ ...set("a", "2"), topic: "u" });
  assert.deepEqual(await fixture.takeChanges(), ["set lport/a on u = 2"]);
});

Deno.test("NbApi.changes deletes a row of unknown topic, when it was deleted from any", async () => {
  await using fixture = await setUpTables({}, SELECTIVE);
  fixture.api.registerTopic("t");
  await settled(fixture);
  await fixture.takeChanges();
  await fixture.publish(set("a", "1"));
  await fixture.publish({ table: "lport", key: "a", action: "delete", topic: "t" });
  assert.deepEqual(await fixture.takeChanges(), [
    "set lport/a on D = 1",
    "delete lport/a on t = null",
  ]);
});

Deno.test("NbApi.changes reads the row of an event, whatever topic the row has", async () => {
  await using fixture = await setUpTables({ a: null });
  fixture.api.registerTopic("t");
  await fixture.takeChanges();
  await fixture.db.set("lport", "a", "2");
  await fixture.publish({ ...set("a", null), topic: "t" });
  assert.deepEqual(await fixture.takeChanges(), ["set lport/a on t = 2"]);
});

Deno.test("NbApi.changes omits rows and events of a topic, when it was unregistered before they are taken", async () => {
  const parts = await serviceParts({ ...BY_BROKER, ...SELECTIVE });
  await using api = await NbApi.open({ ...parts, tables: ["lport"] });
  api.registerTopic("t");
  for (const key of ["a", "b", "c"]) await api.create("lport", key, "1", { topic: "t" });
  const changes = api.changes()[Symbol.asyncIterator]();
  const take = async () => {
    const { value } = await changes.next();
    return `${value.action} ${value.key}`;
  };
  assert.equal(await take(), "initial a");
  api.unregisterTopic("t");
  assert.equal(await take(), "synced null");
  api.registerTopic("t");
  const again = [await take(), await take(), await take(), await take()];
  assert.deepEqual(again, ["create a", "create b", "create c", "sync_finished null"]);
  for (const key of ["a", "b"]) await api.set("lport", key, "2", { topic: "t" });
  assert.equal(await take(), "set a");
  api.unregisterTopic("t");
  await api.create("lport", "d", "1");
  assert.equal(await take(), "create d");
});

Deno.test("NbApi.changes emits no queued event of a topic, when the topic is registered again before it is taken", async () => {
  await using fixture = await setUpTables({ a: null, b: "t" }, SELECTIVE);
  fixture.api.registerTopic("t");
  await settled(fixture);
  await fixture.takeChanges();
  const [client] = fixture.parts.drivers.clients;
  assert(client !== undefined);
  const goOn = Promise.withResolvers<void>();
  client.before = () => goOn.promise;
  await fixture.publish(set("a", null));
  await fixture.publish({ ...set("b", "2"), topic: "t" });
  fixture.api.unregisterTopic("t");
  await fixture.db.set("lport", "b", "3");
  fixture.api.registerTopic("t");
  goOn.resolve();
  assert.deepEqual(await fixture.takeChanges(), ["create lport/b on t = 3", "sync_finished"]);
});
