import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";

const ATTEMPTS = 200;

Deno.test("serve publishes the changes of another process to a monitored table", async () => {
  await using deployment = await Deployment.create({
    "df.monitor_table_poll_time": 0.2,
    "df.table_monitor_announce_existing": true,
  });
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--table", "chassis"]);
  await using db = await deployment.openDb();
  await db.create("chassis", "c1", '{"ip": "192.0.2.1"}');
  await db.create("lport", "p1", "a table that nobody monitors");
  await subscriber.stdout.waitForLines(1);
  await db.set("chassis", "c1", '{"ip": "192.0.2.2"}');
  await subscriber.stdout.waitForLines(2);
  await db.delete("chassis", "c1");
  await subscriber.stdout.waitForLines(3);
  const row = { topic: "D", table: "chassis", key: "c1" };
  assert.deepEqual(printedEvents(subscriber.stdout.lines), [
    { ...row, action: "create", value: '{"ip": "192.0.2.1"}' },
    { ...row, action: "set", value: '{"ip": "192.0.2.2"}' },
    { ...row, action: "delete", value: null },
  ]);
});

Deno.test("serve announces existing rows, when it starts", async () => {
  await using deployment = await Deployment.create({
    "df.monitor_table_poll_time": 2,
    "df.table_monitor_announce_existing": true,
  });
  await using db = await deployment.openDb();
  await db.create("chassis", "old", "row");
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--table", "chassis"]);
  await subscriber.stdout.waitForLines(1);
  assert.deepEqual(printedEvents(subscriber.stdout.lines), [
    { topic: "D", table: "chassis", key: "old", action: "create", value: "row" },
  ]);
});

Deno.test("serve announces only changes, when announcing of existing rows is off", async () => {
  await using deployment = await Deployment.create({
    "df.monitor_table_poll_time": 0.1,
    "df.table_monitor_announce_existing": false,
  });
  await using db = await deployment.openDb();
  await db.create("chassis", "old", "row");
  await db.create("chassis", "changing", "row");
  await using _service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--table", "chassis", "--count", "1"]);
  // The first poll records existing rows as known, so an earlier change is not a change.
  for (let attempt = 0; attempt < ATTEMPTS && subscriber.stdout.text === ""; attempt++) {
    await db.set("chassis", "changing", `row ${attempt}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [event] = printedEvents((await subscriber.result()).stdout.trim().split("\n"));
  assert.equal(event?.key, "changing");
  assert.equal(event?.action, "set");
});

Deno.test("serve publishes a row without its value, when the event would be too large", async () => {
  await using deployment = await Deployment.create({
    "df.monitor_table_poll_time": 0.2,
    "df.table_monitor_announce_existing": true,
    "df.pub_sub_max_event_bytes": 1024,
  });
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--resolve", "--table", "chassis"]);
  await using db = await deployment.openDb();
  // With the smaller ones, only the stamp of the event is too much.
  const sizes = [2_000, ...Array.from({ length: 24 }, (_, n) => 800 + 10 * n)];
  for (const size of sizes) await db.create("chassis", String(size), "x".repeat(size));
  await subscriber.stdout.waitForLines(sizes.length);
  const found = printedEvents(subscriber.stdout.lines).map(({ key, value }) => [key, value]);
  const wanted = sizes.map((size) => [String(size), "x".repeat(size)]);
  assert.deepEqual(new Map(found as [string, string][]), new Map(wanted as [string, string][]));
  assert.doesNotMatch((await service.program.stop()).stderr, /Monitor of table/);
});
