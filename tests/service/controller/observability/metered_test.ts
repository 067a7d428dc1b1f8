import assert from "node:assert/strict";
import { DbUnavailable } from "../../../../drivers/contract/errors.ts";
import { MeteredDb } from "../../../../service/controller/observability/metered_db.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";

async function meteredDb() {
  const { db } = await FakeDb.open();
  const clock = new FakeClock();
  return { db, clock, metered: new MeteredDb(db, clock) };
}

Deno.test("MeteredDb is unreachable from a failure until the next reply, even a reply that a row is missing", async () => {
  const { db, metered } = await meteredDb();
  db.setDown(true);
  await assert.rejects(metered.get("t", "k"), DbUnavailable);
  await assert.rejects(metered.entries("t"), DbUnavailable);
  assert.equal(metered.outage, "Connection refused");
  db.setDown(false);
  await assert.rejects(metered.get("t", "k"), /not found|no row/i);
  assert.equal(metered.outage, undefined);
  assert.deepEqual(metered.errorSamples(), [
    { labels: { operation: "get" }, value: 1 },
    { labels: { operation: "entries" }, value: 1 },
  ]);
  await metered[Symbol.asyncDispose]();
});

Deno.test("MeteredDb stays reachable, when a row is not text", async () => {
  const { db, metered } = await meteredDb();
  db.before = () => {
    throw new DbUnavailable("not UTF-8", { isOfRow: true });
  };
  await assert.rejects(metered.get("t", "k"), DbUnavailable);
  assert.equal(metered.outage, undefined);
  assert.deepEqual(metered.errorSamples(), [{ labels: { operation: "get" }, value: 1 }]);
  await metered[Symbol.asyncDispose]();
});

Deno.test("MeteredDb passes every operation through and measures its duration", async () => {
  const { db, clock, metered } = await meteredDb();
  db.after = () => clock.advance(40);
  await metered.create("t", "k", "1", { topic: "p" });
  await metered.set("t", "k", "2", { topic: "p" });
  assert.equal(await metered.get("t", "k", { topic: "p" }), "2");
  assert.deepEqual(await metered.keys("t"), ["k"]);
  assert.deepEqual(await metered.entries("t"), [{ key: "k", value: "2", topic: "p" }]);
  assert.notEqual(await metered.tableVersion("t"), null);
  assert.equal(await metered.compareAndDelete("t", "k", "1"), false);
  await metered.delete("t", "k", { topic: "p" });
  const sums = metered.secondsSamples().filter(({ suffix }) => suffix === "_sum");
  assert.deepEqual(sums.map(({ labels }) => labels?.["operation"]).sort(), [
    ...["compare_and_delete", "create", "delete", "entries"],
    ...["get", "keys", "set", "table_version"],
  ]);
  for (const { value } of sums) assert(Math.abs(value - 0.04) < 1e-9, String(value));
  assert.equal(metered.total.calls, 8);
  assert(Math.abs(metered.total.seconds - 0.32) < 1e-9, String(metered.total.seconds));
  await metered[Symbol.asyncDispose]();
});
