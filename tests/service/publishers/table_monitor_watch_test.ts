// A monitor of a database that can watch tables.
import assert from "node:assert/strict";
import { Channel } from "../../../drivers/contract/channel.ts";
import type { TableChange } from "../../../drivers/contract/db.ts";
import {
  setUpTableMonitor,
  type TableMonitorFixture,
} from "../../support/table_monitor_fixture.ts";

const POLL_MS = 30_000;

/** Runs the monitor while `work` runs. */
async function running(
  fixture: TableMonitorFixture,
  work: () => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const done = fixture.monitor.run(stop.signal);
  try {
    await fixture.clock.settle();
    await work();
  } finally {
    stop.abort();
    await done;
  }
  assert.equal(fixture.clock.sleepers, 0);
}

function test(name: string, run: (fixture: TableMonitorFixture) => Promise<void>): void {
  Deno.test(`TableMonitor.run ${name}`, async () => run(await setUpTableMonitor()));
}

test("publishes each change at once and never polls, when the database watches", async (fixture) => {
  const { db, direct, clock, takeEvents } = fixture;
  db.watch = (table, options) => direct.watch?.(table, options) ?? assert.fail();
  await direct.create("chassis", "a", "1");
  await running(fixture, async () => {
    assert.deepEqual(takeEvents(), ["create a"]);
    await direct.create("chassis", "b", "1");
    await direct.set("chassis", "a", "2");
    await clock.settle();
    assert.deepEqual(takeEvents().sort(), ["create b", "set a"]);
    await direct.set("chassis", "a", "2");
    await direct.delete("chassis", "b");
    await clock.advance(10 * POLL_MS);
    assert.deepEqual(takeEvents(), ["delete b"]);
  });
  assert.equal(db.calls.length, 0);
  assert.equal(fixture.monitor.counters.polls, 1);
});

test("polls and warns once while the watch is interrupted, and ends both with the next report", async (fixture) => {
  const { db, direct, clock, log, takeEvents } = fixture;
  const reports = new Channel<TableChange>({ capacity: 10, overflow: "refuse" });
  db.watch = () => reports;
  await direct.create("chassis", "a", "1");
  await running(fixture, async () => {
    await clock.advance(POLL_MS - 1);
    assert.equal(db.calls.length, 0, "the watch reports the table first");
    reports.push({ kind: "interrupted", reason: "no leader" });
    await clock.settle();
    assert.deepEqual(takeEvents(), ["create a"], "it polls at once");
    reports.push({ kind: "interrupted", reason: "connection refused" });
    await direct.create("chassis", "b", "1");
    await clock.advance(2 * POLL_MS);
    assert.deepEqual(takeEvents(), ["create b"]);
    assert.deepEqual(log.messages("warn").length, 1);
    assert.match(
      log.messages("warn")[0] ?? "",
      /^Watch of table "chassis": failing since .*: polling until it works again: no leader$/,
    );
    const polls = db.count("tableVersion");
    reports.push({ kind: "whole", rows: [{ key: "a", value: "1", topic: null }] });
    await clock.advance(10 * POLL_MS);
    assert.deepEqual(takeEvents(), ["delete b"]);
    assert.equal(db.count("tableVersion"), polls);
    assert.match(log.messages("info").join("\n"), /Watch of table "chassis".*works again/);
    reports.push({ kind: "interrupted", reason: "no leader" });
    await clock.settle();
    await direct.create("chassis", "c", "1");
    await clock.advance(POLL_MS);
    assert.deepEqual(takeEvents(), ["create b", "create c"]);
  });
});

test("is up to date with the next report of the whole table, when its poll has failed", async (fixture) => {
  const { db, clock, log } = fixture;
  const reports = new Channel<TableChange>({ capacity: 10, overflow: "refuse" });
  db.watch = () => reports;
  await running(fixture, async () => {
    db.setDown(true);
    reports.push({ kind: "interrupted", reason: "no leader" });
    await clock.settle();
    assert.match(log.messages("warn").join("\n"), /Monitor of table "chassis": database unreach/);
    reports.push({ kind: "whole", rows: [] });
    await clock.settle();
    assert.match(log.messages("info").join("\n"), /Monitor of table "chassis".*reachable again/);
  });
});

test("tries again after a second, when a change could not be published", async (fixture) => {
  const { db, direct, clock, refused, takeEvents } = fixture;
  db.watch = (table, options) => direct.watch?.(table, options) ?? assert.fail();
  await running(fixture, async () => {
    refused.add("a");
    await direct.create("chassis", "a", "1");
    await direct.create("chassis", "b", "1");
    await clock.settle();
    assert.deepEqual(takeEvents(), ["create b"]);
    refused.clear();
    await clock.advance(1_000);
    assert.deepEqual(takeEvents(), ["create a"]);
    await direct.delete("chassis", "a");
    await clock.settle();
    assert.deepEqual(takeEvents(), ["delete a"]);
    await clock.advance(10 * POLL_MS);
    assert.equal(db.count("tableVersion"), 1);
    refused.add("c");
    await direct.create("chassis", "c", "1");
    await clock.settle();
    refused.clear();
    await clock.advance(1_000);
    assert.deepEqual(takeEvents(), ["create c"], "also after a success");
  });
});

test("tries again although the table keeps changing, when a change could not be published", async (fixture) => {
  const { db, direct, clock, log, refused, takeEvents } = fixture;
  db.watch = (table, options) => direct.watch?.(table, options) ?? assert.fail();
  await running(fixture, async () => {
    refused.add("a");
    await direct.create("chassis", "a", "1");
    await direct.create("chassis", "b", "0");
    await clock.settle();
    assert.deepEqual(takeEvents(), ["create b"]);
    const changeOften = async (times: number) => {
      for (let n = 0; n < times; n++) {
        await direct.set("chassis", "b", crypto.randomUUID());
        await clock.advance(400);
      }
    };
    await changeOften(10);
    assert.doesNotMatch(log.messages("info").join("\n"), /works again/);
    takeEvents();
    refused.clear();
    await changeOften(100);
    assert.deepEqual(takeEvents().filter((event) => event !== "set b"), ["create a"]);
    assert.match(log.messages("info").join("\n"), /works again/);
  });
});

test("polls from then on, when the watch fails for good", async (fixture) => {
  const { db, direct, clock, log, takeEvents } = fixture;
  db.watch = async function* () {
    await Promise.reject(new Error("broken"));
    yield* [];
  };
  await running(fixture, async () => {
    await direct.create("chassis", "a", "1");
    await clock.advance(POLL_MS);
    assert.deepEqual(takeEvents(), ["create a"]);
    assert.match(log.messages("warn").join("\n"), /Watch of table "chassis".*broken/);
  });
});
