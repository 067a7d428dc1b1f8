import assert from "node:assert/strict";
import { isRowChange, type JsonValue } from "../../../service/event/db_update.ts";
import { NbApi } from "../../../service/node/nb_api.ts";
import { BY_BROKER, shown } from "../../support/nb_api_fixture.ts";
import { serviceParts } from "../../support/service_fixture.ts";
import { set, settled, setUpTables, SYNC } from "../../support/tables_fixture.ts";

Deno.test("NbApi.changes begins with the rows of its tables and a mark, when it follows tables", async () => {
  await using fixture = await setUpTables({ a: null, b: "t" });
  await fixture.db.create("other", "x", "1");
  await fixture.db.create("lswitch", "s", "1");
  const [a, b, s, synced, ...more] = await fixture.changes.count(4).then(() =>
    fixture.changes.items
  );
  assert.deepEqual([a, b, s].map((row) => row && shown(row)), [
    "initial lport/a on D = a1",
    "initial lport/b on t = b1",
    "initial lswitch/s on D = 1",
  ]);
  assert.deepEqual([synced?.action, synced?.table], ["synced", null]);
  assert.deepEqual(synced?.value, { positions: [] });
  assert.deepEqual(more, []);
  await fixture.api.create("lport", "c", "1");
  fixture.changes.items.length = 0;
  assert.deepEqual(await fixture.takeChanges(), ["create lport/c on D = 1"]);
});

Deno.test("NbApi.changes passes a synced event from the network on as no mark of its snapshot", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.changes.count(2);
  const [row, mark] = fixture.changes.items.splice(0);
  assert(row && isRowChange(row) && mark?.isOfSnapshot);
  const forged = { table: "lport", key: "a", value: "forged" };
  await fixture.publish({ ...forged, action: "synced" }, { ...forged, action: "initial" });
  await fixture.changes.count(2);
  for (const event of fixture.changes.items) {
    assert.deepEqual([event.isOfSnapshot, event.value, isRowChange(event)], [
      undefined,
      "forged",
      false,
    ]);
  }
});

Deno.test("NbApi.changes marks its snapshot with the positions received before the rows were read", async () => {
  const parts = await serviceParts(BY_BROKER);
  await using api = await NbApi.open({ ...parts, tables: ["lport"] });
  await api.create("lport", "a", "1");
  await api.create("lport", "b", "1");
  await parts.clock.settle();
  let mark: JsonValue = null;
  for await (const { action, value } of api.changes()) {
    mark = value;
    if (action === "synced") break;
  }
  assert.match(
    JSON.stringify(mark),
    /^{"positions":\[{"publisher":"[-0-9a-f]{36}","epoch":\d+,"topic":"D","seq":2}\]}$/,
  );
});

Deno.test("NbApi.changes reads the row of an event, when the event may be older than the row", async () => {
  await using fixture = await setUpTables({ a: null, gone: null });
  await fixture.takeChanges();
  await fixture.db.set("lport", "a", "new");
  await fixture.db.create("lport", "b", "1");
  await fixture.db.delete("lport", "gone");
  await fixture.publish(set("a", "stale"), set("a", "newer, not yet written"));
  await fixture.publish(set("b", "1"), set("gone", "stale"), set("never", "stale"));
  assert.deepEqual(await fixture.takeChanges(), [
    "set lport/a on D = new",
    "set lport/b on D = 1",
    "delete lport/gone on D = null",
  ]);
});

Deno.test("NbApi.changes omits an event, when its row is unchanged", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.takeChanges();
  await fixture.publish(set("a", "stale"), set("a", "a1"), set("gone", "stale"));
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi.changes emits events unchanged, when no read is recent", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.takeChanges();
  await settled(fixture);
  await fixture.takeChanges();
  const reads = fixture.parts.drivers.clients[0]?.calls.length;
  await fixture.publish(set("a", "2"), set("a", "3"), { ...set("a", null), action: "delete" });
  assert.deepEqual(await fixture.takeChanges(), [
    "set lport/a on D = 2",
    "set lport/a on D = 3",
    "delete lport/a on D = null",
  ]);
  assert.equal(fixture.parts.drivers.clients[0]?.calls.length, reads);
});

Deno.test("NbApi.changes reads a row again, when a late read was ahead of its events", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.takeChanges();
  await settled(fixture);
  await fixture.takeChanges();
  await fixture.db.set("lport", "a", "v3");
  await fixture.publish(set("a", null));
  await fixture.publish(set("a", "v2"), set("a", "v3"));
  assert.deepEqual(await fixture.takeChanges(), ["set lport/a on D = v3"]);
});

Deno.test("NbApi.changes counts a stop of the process as one second", async () => {
  await using fixture = await setUpTables({ a: null });
  await fixture.takeChanges();
  await fixture.parts.clock.advance(3_600_000);
  await fixture.publish(set("a", "stale"));
  assert.deepEqual(await fixture.takeChanges(), []);
});

Deno.test("NbApi.changes emits events about other tables and log events unchanged", async () => {
  await using fixture = await setUpTables();
  await fixture.takeChanges();
  await fixture.publish(
    { table: "other", key: "x", action: "set", value: "1" },
    { table: "lport", key: "a", action: "log", value: "text" },
    { ...SYNC, action: "dbrestart" },
  );
  assert.deepEqual(await fixture.takeChanges(), [
    "set other/x on D = 1",
    "log lport/a on D = text",
    "dbrestart",
  ]);
});

Deno.test("NbApi.changes emits the rows alone, when events are off", async () => {
  await using fixture = await setUpTables({ a: null }, { "df.enable_df_pub_sub": "false" });
  assert.deepEqual((await fixture.takeChanges()).map((line) => line.split(" ")[0]), [
    "initial",
    "synced",
  ]);
});

Deno.test("NbApi.changes delivers the snapshot to one iteration, when several iterate", async () => {
  await using fixture = await setUpTables({ a: null, b: null, c: null });
  const other = Array.fromAsync(fixture.api.changes());
  const mine = await fixture.takeChanges();
  await fixture[Symbol.asyncDispose]();
  assert.equal(mine.length + (await other).length, 4);
});

Deno.test("NbApi.open refuses since together with tables", async () => {
  const parts = await serviceParts(BY_BROKER);
  await assert.rejects(
    NbApi.open({ ...parts, tables: ["lport"], since: () => "start" }),
    /^TypeError: NbApi "since": given together with "tables", wanted one of them$/,
  );
});
