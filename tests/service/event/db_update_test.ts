import assert from "node:assert/strict";
import {
  ACTIONS,
  dbUpdate,
  DEFAULT_PRIORITY,
  isKnownAction,
  ROW_ACTIONS,
  SEND_ALL_TOPIC,
} from "../../../service/event/db_update.ts";

Deno.test("dbUpdate fills in defaults, when only the event is given", () => {
  const before = Date.now();
  const update = dbUpdate({ table: "lport", key: "k1", action: "create" });
  assert.equal(update.value, null);
  assert.equal(update.topic, SEND_ALL_TOPIC);
  assert.equal(update.priority, DEFAULT_PRIORITY);
  assert.ok(update.timestamp >= before && update.timestamp <= Date.now());
});

Deno.test("dbUpdate keeps given values, including zeros and empty texts", () => {
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

Deno.test("isKnownAction is true for the actions of both releases and for nothing else", () => {
  for (const action of ACTIONS) assert.ok(isKnownAction(action), action);
  for (const action of ["", "Create", "upsert", "constructor", "__proto__"]) {
    assert.equal(isKnownAction(action), false, action);
  }
});

Deno.test("ROW_ACTIONS are known actions, without sync and log", () => {
  for (const action of ROW_ACTIONS) assert.ok(isKnownAction(action), action);
  for (const action of ["sync", "log", "dbrestart"]) assert.equal(ROW_ACTIONS.has(action), false);
});
