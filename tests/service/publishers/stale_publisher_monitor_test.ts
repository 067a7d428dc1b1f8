import assert from "node:assert/strict";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import { PublishersTable } from "../../../service/publishers/publishers_table.ts";
import { StalePublisherMonitor } from "../../../service/publishers/stale_publisher_monitor.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb, unreachable } from "../../support/fakes/fake_db.ts";
import { publisherText } from "../../support/publisher_rows.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

const TIMEOUT_MS = 300_000;
const LONG_AGO_MS = 2 * TIMEOUT_MS;
const LOOK_MS = 30_000;

async function setUp(isTableMonitored = false) {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const published: DbUpdate[] = [];
  const line = { isCut: false };
  const own = { timesGone: 0 };
  const monitor = new StalePublisherMonitor(
    new PublishersTable(db, { clock, timeoutMs: TIMEOUT_MS }),
    {
      ownId: "own",
      hostName: "node.example.com",
      isTableMonitored,
      clock,
      log,
      publish(update) {
        if (line.isCut) throw new Error("No room");
        published.push(update);
      },
      onOwnRowGone: () => void own.timesGone++,
    },
  );
  const add = (id: string, ageMs: number) =>
    direct.create("publisher", id, publisherText(id, ageMs));
  /** Runs until rows that were stale at the first check have been watched long enough. */
  const watch = async () => {
    for (let ms = 0; ms <= TIMEOUT_MS; ms += LOOK_MS) {
      await monitor.removeStale();
      await clock.advance(LOOK_MS);
    }
  };
  return { db, direct, clock, log, published, line, own, monitor, add, watch };
}

Deno.test("StalePublisherMonitor.run removes other rows that do not change, and never its own row", async () => {
  const { monitor, clock, direct, log, add } = await setUp();
  await add("own", LONG_AGO_MS);
  await add("dead", LONG_AGO_MS);
  await add("dying", 10_000);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.advance(TIMEOUT_MS);
  assert.deepEqual(await direct.keys("publisher"), ["dead", "dying", "own"]);
  await clock.advance(10_000);
  assert.deepEqual(await direct.keys("publisher"), ["dying", "own"]);
  await clock.advance(60_000);
  assert.deepEqual(await direct.keys("publisher"), ["own"]);
  assert.deepEqual(log.messages("info"), [
    'Removing publisher "dead"',
    'Removing publisher "dying"',
  ]);
  stop.abort();
  await done;
  assert.equal(clock.sleepers, 0);
});

Deno.test("StalePublisherMonitor.run reports at once that its own row is gone, when the database watches", async () => {
  const { monitor, db, direct, clock, own, add } = await setUp();
  db.watch = (table, options) => direct.watch?.(table, options) ?? assert.fail();
  await add("own", 0);
  await add("other", 0);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.settle();
  await direct.delete("publisher", "other");
  await clock.settle();
  assert.equal(own.timesGone, 0);
  await direct.delete("publisher", "own");
  await clock.settle();
  assert.equal(own.timesGone, 1);
  stop.abort();
  await done;
});

for (const [direction, skewMs] of [["ahead", 3_600_000], ["behind", -3_600_000]] as const) {
  Deno.test(`StalePublisherMonitor keeps live rows and warns about the clocks once, when its clock is ${direction}`, async () => {
    const { monitor, clock, direct, log } = await setUp();
    clock.setWall(clock.now() + skewMs);
    let trueMs = 0;
    const refresh = () => direct.create("publisher", "live", publisherText("live", -trueMs));
    await refresh();
    const stop = new AbortController();
    const done = monitor.run(stop.signal);
    for (; trueMs < 1_000_000; trueMs += 100_000) {
      await refresh();
      await clock.advance(100_000);
      assert.deepEqual(await direct.keys("publisher"), ["live"]);
    }
    const warnings = log.messages("warn");
    assert.equal(warnings.length, 1, warnings.join("\n"));
    const [warning = ""] = warnings;
    const said = direction === "ahead" ? "behind" : "ahead of";
    assert.match(warning, /^The clock of publisher "live" at tcp:\/\/live:8866 is 3\d{3} s /);
    assert(
      warning.includes(` s ${said} the clock of host "node.example.com": synchronize`),
      warning,
    );
    assert.equal(monitor.seen?.alive, 1);
    stop.abort();
    await done;
  });
}

Deno.test("StalePublisherMonitor does not warn about its own clock, when the database is slow to write its row", async () => {
  const { monitor, clock, add, log } = await setUp();
  await monitor.removeStale();
  await clock.advance(LOOK_MS);
  await monitor.removeStale();
  await add("own", 0);
  await monitor.removeStale();
  assert.deepEqual(log.messages("warn"), []);
  assert.equal(monitor.seen?.alive, 1);
});

Deno.test("StalePublisherMonitor publishes the delete of a removed row, when no TableMonitor does", async () => {
  const { monitor, clock, published, add, watch } = await setUp(false);
  await add("dead", LONG_AGO_MS);
  await watch();
  await monitor.removeStale();
  await monitor.removeStale();
  assert.deepEqual(published, [{
    table: "publisher",
    key: "dead",
    action: "delete",
    value: null,
    topic: "D",
    priority: 5,
    timestamp: clock.now(),
  }]);
});

Deno.test("StalePublisherMonitor publishes nothing, when a TableMonitor watches the table", async () => {
  const { monitor, published, direct, add, watch } = await setUp(true);
  await add("dead", LONG_AGO_MS);
  await watch();
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), []);
  assert.deepEqual(published, []);
});

Deno.test("StalePublisherMonitor publishes the delete at the next check, when publishing failed", async () => {
  const { monitor, published, line, log, add, watch } = await setUp();
  await add("dead", LONG_AGO_MS);
  await add("gone", LONG_AGO_MS);
  await watch();
  line.isCut = true;
  await monitor.removeStale();
  await monitor.removeStale();
  assert.equal(published.length, 0);
  assert.equal(log.messages("warn").length, 1);
  line.isCut = false;
  await monitor.removeStale();
  assert.deepEqual(published.map((update) => update.key), ["dead", "gone"]);
});

Deno.test("StalePublisherMonitor warns once about an invalid row, and still removes others", async () => {
  const { monitor, direct, log, add, watch } = await setUp();
  await direct.create("publisher", "bad", '{"uuid": "bad"}');
  await add("dead", LONG_AGO_MS);
  await watch();
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), ["bad"]);
  assert.deepEqual(log.messages("warn"), [
    'Publisher row "bad" cannot be read and stays: "id": missing, wanted non-empty text',
  ]);
  await direct.set("publisher", "bad", "worse");
  await monitor.removeStale();
  assert.equal(log.messages("warn").length, 2);
});

Deno.test("StalePublisherMonitor continues with the other rows, when removing one fails", async () => {
  const { monitor, db, direct, log, add, watch } = await setUp();
  await add("a", LONG_AGO_MS);
  await add("b", LONG_AGO_MS);
  await watch();
  db.before = ({ method, key }) => {
    if (method === "compareAndDelete" && key === "a") throw unreachable();
  };
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), ["a"]);
  assert.equal(log.messages("warn").length, 1);
  db.setDown(false);
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), []);
});

Deno.test("StalePublisherMonitor.run warns once and continues, when the database is down", async () => {
  const { monitor, db, clock, log } = await setUp();
  db.setDown(true);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.advance(55_000);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /database unreachable since .*Connection refused$/);
  db.setDown(false);
  await clock.advance(10_000);
  assert.match(
    log.messages("info").join(),
    /database reachable again after 60 s, 6 failed attempts/,
  );
  stop.abort();
  await done;
});

Deno.test("StalePublisherMonitor keeps a row, when it was refreshed between read and delete", async () => {
  const { monitor, db, direct, published, log, add, watch } = await setUp();
  await add("slow", LONG_AGO_MS);
  await watch();
  db.after = async ({ method }) => {
    if (method === "entries") await direct.set("publisher", "slow", publisherText("slow", 0));
  };
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), ["slow"]);
  assert.deepEqual(published, []);
  assert.deepEqual(log.messages("warn"), []);
});
