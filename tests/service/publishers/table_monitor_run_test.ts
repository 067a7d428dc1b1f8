import assert from "node:assert/strict";
import { setUpTableMonitor as setUp } from "../../support/table_monitor_fixture.ts";

Deno.test("TableMonitor.run keeps the known rows and warns once, when the database is down", async () => {
  const { monitor, db, direct, clock, log, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1");
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.settle();
  assert.deepEqual(takeEvents(), ["create a"]);
  db.setDown(true);
  await clock.advance(300_000);
  assert.equal(log.messages("warn").length, 1);
  await direct.create("chassis", "b", "1");
  db.setDown(false);
  await clock.advance(30_000);
  assert.deepEqual(takeEvents(), ["create b"]);
  assert.match(
    log.messages("info")[0] ?? "",
    /database reachable again after 300 s, 10 failed attempts/,
  );
  stop.abort();
  await done;
  assert.equal(clock.sleepers, 0);
});

Deno.test("TableMonitor.run announces existing rows, when the database was down at first", async () => {
  const { monitor, db, direct, clock, takeEvents } = await setUp();
  await direct.create("chassis", "a", "1");
  db.setDown(true);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.advance(60_000);
  db.setDown(false);
  await clock.advance(30_000);
  assert.deepEqual(takeEvents(), ["create a"]);
  stop.abort();
  await done;
});

Deno.test("TableMonitor.run paces its events, when 10,000 rows exist", async () => {
  const { monitor, direct, clock, published } = await setUp("chassis", {
    pace: { rows: 500, pauseMs: 100 },
  });
  const keys = Array.from({ length: 10_000 }, (_, i) => `k${String(i).padStart(5, "0")}`);
  for (const key of keys) await direct.create("chassis", key, "{}");
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  for (let sent = 500; sent <= 10_000; sent += 500) {
    // The rows are read and compared in slices. The monitor pauses after the last slice.
    for (let turns = 0; turns < 1_000 && clock.sleepers === 0; turns++) await clock.settle();
    assert.equal(published.length, sent);
    await clock.advance(100);
  }
  assert.deepEqual(published.map((each) => each.key), keys);
  stop.abort();
  await done;
});

Deno.test("TableMonitor.run stops at once and continues later, when aborted while it paces", async () => {
  const { monitor, direct, clock, log, takeEvents } = await setUp("chassis", {
    pace: { rows: 2, pauseMs: 1_000 },
  });
  for (const key of ["a", "b", "c"]) await direct.create("chassis", key, "{}");
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.settle();
  stop.abort();
  await done;
  assert.equal(clock.sleepers, 0);
  assert.deepEqual(takeEvents(), ["create a", "create b"]);
  assert.deepEqual(log.messages("warn"), []);
  const resumed = monitor.poll();
  await clock.advance(1_000);
  await resumed;
  assert.deepEqual(takeEvents(), ["create c"]);
});

Deno.test("TableMonitor.run returns at once, when already aborted", async () => {
  const { monitor, db } = await setUp();
  await monitor.run(AbortSignal.abort());
  assert.deepEqual(db.calls, []);
});
