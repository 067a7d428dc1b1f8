import assert from "node:assert/strict";
import { WireError } from "../../../service/event/codec/wire_error.ts";
import { FAKE_EPOCH_MS } from "../../support/fakes/fake_clock.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { setUpTableMonitor as setUp } from "../../support/table_monitor_fixture.ts";

Deno.test("TableMonitor.poll publishes create, set and delete", async () => {
  const { monitor, direct, published, takeEvents } = await setUp();
  await monitor.poll();
  assert.deepEqual(takeEvents(), []);
  await direct.create("chassis", "a", '{"id": "a"}');
  await monitor.poll();
  assert.deepEqual(published, [{
    table: "chassis",
    key: "a",
    action: "create",
    value: '{"id": "a"}',
    topic: "D",
    priority: 5,
    timestamp: FAKE_EPOCH_MS,
  }]);
  assert.deepEqual(takeEvents(), ["create a"]);
  await direct.set("chassis", "a", '{"id": "a", "ip": "192.0.2.1"}');
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["set a"]);
  await direct.delete("chassis", "a");
  await monitor.poll();
  assert.equal(published[0]?.value, null);
  assert.deepEqual(takeEvents(), ["delete a"]);
  await monitor.poll();
  assert.deepEqual(takeEvents(), []);
});

Deno.test("TableMonitor.poll announces existing rows at the first poll only, when announcing is on", async () => {
  const { monitor, direct, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1");
  await direct.create("chassis", "b", "2");
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "create b"]);
  await monitor.poll();
  assert.deepEqual(takeEvents(), []);
});

Deno.test("TableMonitor.poll records existing rows without events, when announcing is off", async () => {
  const { monitor, direct, takeEvents } = await setUp("chassis", { announceExisting: false });
  await direct.create("chassis", "a", "1");
  await monitor.poll();
  assert.deepEqual(takeEvents(), []);
  await direct.create("chassis", "b", "2");
  await direct.delete("chassis", "a");
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create b", "delete a"]);
});

Deno.test("TableMonitor.poll does not read the table, when its version is unchanged", async () => {
  const { monitor, db, direct } = await setUp();
  await direct.create("chassis", "a", "1");
  for (let i = 0; i < 5; i++) await monitor.poll();
  assert.equal(db.count("entries"), 1);
  await direct.set("chassis", "a", "2");
  await monitor.poll();
  assert.equal(db.count("entries"), 2);
});

Deno.test("TableMonitor.poll reads the table at any version, when the last poll failed", async () => {
  const { monitor, db } = await setUp();
  await monitor.poll();
  db.setDown(true);
  await monitor.poll();
  db.setDown(false);
  await monitor.poll();
  assert.equal(db.count("entries"), 2);
});

Deno.test("TableMonitor.poll reads in one round trip each time, when there are no versions", async () => {
  const { monitor, db, direct, takeEvents } = await setUp();
  db.hasVersions = false;
  await direct.create("chassis", "a", "1");
  await direct.create("chassis", "b", "1");
  await monitor.poll();
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "create b"]);
  assert.equal(db.count("entries"), 2);
  assert.equal(db.count("get") + db.count("keys"), 0);
});

Deno.test("TableMonitor.poll detects a row that is written between reading the version and the rows", async () => {
  const { monitor, db, direct, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1");
  db.before = async ({ method }) => {
    if (method !== "entries") return;
    db.before = () => {};
    await direct.create("chassis", "b", "1");
  };
  await monitor.poll();
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "create b"]);
});

Deno.test("TableMonitor.poll publishes no heartbeats, when it watches the publishers table", async () => {
  const { monitor, direct, takeEvents } = await setUp("publisher");
  await direct.create("publisher", "a", publisherText("a", 9_000));
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a"]);
  for (let ageMs = 8_000; ageMs > 0; ageMs -= 1_000) {
    await direct.set("publisher", "a", publisherText("a", ageMs));
    await monitor.poll();
  }
  assert.deepEqual(takeEvents(), []);
  await direct.set("publisher", "a", publisherText("a", 0, "tcp://elsewhere:1"));
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["set a"]);
  await direct.set("publisher", "a", "junk");
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["set a"]);
});

Deno.test("TableMonitor.poll publishes a change of that field, when it watches another table", async () => {
  const { monitor, direct, takeEvents } = await setUp("chassis");
  await direct.create("chassis", "a", publisherText("a", 9_000));
  await direct.set("chassis", "a", publisherText("a", 8_000));
  await monitor.poll();
  await direct.set("chassis", "a", publisherText("a", 7_000));
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "set a"]);
});

Deno.test("TableMonitor.poll publishes under the topic of the rule", async () => {
  const { monitor, direct, published } = await setUp("lport", {
    topicOf: (row) => row.topic ?? "D",
  });
  await direct.create("lport", "a", "1", { topic: "tenant" });
  await direct.create("lport", "b", "1");
  await monitor.poll();
  await direct.create("lport", "a", "1", { topic: "other" });
  await monitor.poll();
  assert.deepEqual(published.map((each) => [each.action, each.key, each.topic]), [
    ["create", "a", "tenant"],
    ["create", "b", "D"],
    ["delete", "a", "tenant"],
    ["create", "a", "other"],
  ]);
});

Deno.test("TableMonitor.poll retries only the failed change, when publishing failed", async () => {
  const { monitor, direct, refused, log, takeEvents } = await setUp();
  for (const key of ["a", "b", "c"]) await direct.create("chassis", key, "1");
  refused.add("b");
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "create c"]);
  await monitor.poll();
  assert.deepEqual(takeEvents(), []);
  assert.deepEqual(log.messages("warn").map((line) => line.replace(/ since \S+Z/, "")), [
    'Monitor of table "chassis": failing: Cannot publish the change of row "b": No room',
  ]);
  refused.clear();
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create b"]);
  assert.equal(log.messages("info").length, 1);
});

Deno.test("TableMonitor.poll keeps the order of a move, when publishing its first half fails", async () => {
  const { monitor, direct, refused, published, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1", { topic: "t1" });
  await monitor.poll();
  takeEvents();
  await direct.create("chassis", "a", "1", { topic: "t2" });
  refused.add("a");
  await monitor.poll();
  assert.equal(monitor.counters.failed, 2, "one update and one poll");
  refused.clear();
  await monitor.poll();
  assert.deepEqual(published.map((each) => each.action), ["delete", "create"]);
});

Deno.test("TableMonitor.poll does not announce a row as new, when publishing its set failed", async () => {
  const { monitor, direct, refused, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1");
  await monitor.poll();
  refused.add("a");
  await direct.set("chassis", "a", "2");
  await monitor.poll();
  await direct.set("chassis", "a", "3");
  refused.clear();
  await monitor.poll();
  assert.deepEqual(takeEvents(), ["create a", "set a"]);
});

Deno.test("TableMonitor.poll warns of a change that cannot be published, and publishes the next one", async () => {
  const sent: unknown[] = [];
  const { monitor, direct, log } = await setUp("chassis", {
    publish({ key, value }) {
      if (value === "bad") throw new WireError("JSON_INVALID", "not JSON");
      sent.push([key, value]);
    },
  });
  for (const value of ["bad", "good"]) await direct.create("chassis", value, value);
  await monitor.poll();
  assert.deepEqual(sent, [["good", "good"]]);
  assert.match(log.messages("warn").join(), /row "bad": not JSON/);
});

Deno.test("TableMonitor.poll publishes no further change, when it is aborted", async () => {
  const stop = new AbortController();
  const { monitor, direct } = await setUp("chassis", { publish: () => stop.abort("stop") });
  for (const key of ["a", "b"]) await direct.create("chassis", key, "1");
  await assert.rejects(monitor.poll(stop.signal), (reason) => reason === "stop");
  assert.equal(monitor.counters.published, 1);
});
