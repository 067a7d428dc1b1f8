import assert from "node:assert/strict";
import {
  ACTIONS,
  compareUpdates,
  type DbUpdate,
  dbUpdate,
  DEFAULT_PRIORITY,
  isKnownAction,
  ROW_ACTIONS,
  SEND_ALL_TOPIC,
} from "../../../service/event/db_update.ts";

function named(key: string, priority: number, timestamp: number): DbUpdate {
  return dbUpdate({ table: "lport", key, action: "set", priority, timestamp });
}

Deno.test("compareUpdates puts the lower priority number first, whatever the age", () => {
  const urgent = named("urgent", 1, 9000);
  const old = named("old", 5, 1);
  assert.ok(compareUpdates(urgent, old) < 0);
  assert.ok(compareUpdates(old, urgent) > 0);
});

Deno.test("compareUpdates puts the older first, when priorities are equal", () => {
  const updates = [named("c", 5, 30), named("a", 5, 10), named("z", 9, 1), named("b", 5, 20)];
  assert.deepEqual(updates.sort(compareUpdates).map((update) => update.key), ["a", "b", "c", "z"]);
});

Deno.test("compareUpdates prefers neither, so that a stable sort keeps the order of arrival", () => {
  const updates = ["first", "second", "third"].map((key) => named(key, 5, 10));
  assert.equal(compareUpdates(updates[0] ?? assert.fail(), updates[1] ?? assert.fail()), 0);
  const order = updates.sort(compareUpdates).map((update) => update.key);
  assert.deepEqual(order, ["first", "second", "third"]);
});

Deno.test("dbUpdate fills in defaults, when only the event is named", () => {
  const before = Date.now();
  const update = dbUpdate({ table: "lport", key: "k1", action: "create" });
  assert.equal(update.value, null);
  assert.equal(update.topic, SEND_ALL_TOPIC);
  assert.equal(update.priority, DEFAULT_PRIORITY);
  assert.ok(update.timestamp >= before && update.timestamp <= Date.now());
});

Deno.test("dbUpdate keeps what is given, zeros and empty texts included", () => {
  const init = {
    table: "",
    key: "",
    action: "log",
    value: "",
    topic: "t",
    priority: 0,
    timestamp: 0,
  };
  assert.deepEqual(dbUpdate(init), init);
  assert.equal(dbUpdate({ ...init, value: 0 }).value, 0);
  assert.equal(dbUpdate({ ...init, value: false }).value, false);
  assert.equal(dbUpdate({ ...init, topic: null }).topic, "D");
});

Deno.test("isKnownAction knows the actions of both releases and nothing else", () => {
  for (const action of ACTIONS) assert.ok(isKnownAction(action), action);
  for (const action of ["", "Create", "upsert", "constructor", "__proto__"]) {
    assert.equal(isKnownAction(action), false, action);
  }
});

Deno.test("ROW_ACTIONS are known, and sync and log are not among them", () => {
  for (const action of ROW_ACTIONS) assert.ok(isKnownAction(action), action);
  for (const action of ["sync", "log", "dbrestart"]) assert.equal(ROW_ACTIONS.has(action), false);
});
