import assert from "node:assert/strict";
import { DbUnavailable } from "../../../drivers/contract/errors.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { withValue } from "../../../service/event/missing_value.ts";
import { FakeDb } from "../../support/fakes/fake_db.ts";

async function withRow(): Promise<FakeDb> {
  const { db, direct } = await FakeDb.open();
  await direct.create("lport", "p1", '{"a": 1}', { topic: "tenant" });
  return db;
}

const row = { table: "lport", key: "p1" };

for (const action of ["create", "set", "update", "invented"]) {
  Deno.test(`withValue reads the row, when a ${action} has no value`, async () => {
    const update = dbUpdate({ ...row, action });
    assert.deepEqual(await withValue(update, await withRow()), { ...update, value: '{"a": 1}' });
  });
}

const COMPLETE = [
  dbUpdate({ ...row, action: "delete" }),
  dbUpdate({ ...row, action: "log" }),
  dbUpdate({ table: null, key: null, action: "sync" }),
  dbUpdate({ table: "lport", key: null, action: "set" }),
  dbUpdate({ ...row, action: "set", value: "" }),
  dbUpdate({ ...row, action: "set", value: false }),
];

for (const update of COMPLETE) {
  const { action, key, value } = update;
  const what = `${action} of key ${key} and value ${JSON.stringify(value)}`;
  Deno.test(`withValue does not read the database, when it is a ${what}`, async () => {
    const db = await withRow();
    assert.equal(await withValue(update, db), update);
    assert.equal(db.calls.length, 0);
  });
}

Deno.test("withValue is undefined, when the row is missing", async () => {
  const update = dbUpdate({ table: "lport", key: "gone", action: "set" });
  assert.equal(await withValue(update, await withRow()), undefined);
});

Deno.test("withValue returns the event as it is, when its row is missing but its action says no state of the row", async () => {
  const update = dbUpdate({ table: "lport", key: "gone", action: "invented" });
  assert.equal(await withValue(update, await withRow()), update);
});

Deno.test("withValue rejects, when the database is down, which differs from a missing row", async () => {
  const db = await withRow();
  db.setDown(true);
  await assert.rejects(withValue(dbUpdate({ ...row, action: "set" }), db), DbUnavailable);
});
