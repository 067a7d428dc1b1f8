import assert from "node:assert/strict";
import type { DbUpdate } from "../../service/db_update.ts";
import { PublishersTable } from "../../service/publishers_table.ts";
import { StalePublisherMonitor } from "../../service/stale_publisher_monitor.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../support/fake_clock.ts";
import { FakeDb, unreachable } from "../support/fake_db.ts";
import { publisherText } from "../support/publisher_rows.ts";
import { RecordingLogger } from "../support/recording_logger.ts";

const TIMEOUT_MS = 300_000;
const LONG_AGO_MS = 2 * TIMEOUT_MS;

async function setUp(isTableMonitored = false) {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const published: DbUpdate[] = [];
  const line = { isCut: false };
  const monitor = new StalePublisherMonitor(
    new PublishersTable(db, { clock, timeoutMs: TIMEOUT_MS }),
    {
      ownId: "own",
      isTableMonitored,
      clock,
      log,
      publish(update) {
        if (line.isCut) throw new Error("No room");
        published.push(update);
      },
    },
  );
  const add = (id: string, ageMs: number) =>
    direct.create("publisher", id, publisherText(id, ageMs));
  return { db, direct, clock, log, published, line, monitor, add };
}

Deno.test("StalePublisherMonitor.run removes others that went stale, and never its own row", async () => {
  const { monitor, clock, direct, log, add } = await setUp();
  await add("own", LONG_AGO_MS);
  await add("dead", LONG_AGO_MS);
  await add("dying", TIMEOUT_MS - 5_000);
  await add("fresh", 0);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.settle();
  assert.deepEqual(await direct.keys("publisher"), ["dying", "fresh", "own"]);
  await clock.advance(10_000);
  assert.deepEqual(await direct.keys("publisher"), ["fresh", "own"]);
  assert.deepEqual(log.messages("info"), [
    'Removing publisher "dead"',
    'Removing publisher "dying"',
  ]);
  stop.abort();
  await done;
  assert.equal(clock.sleepers, 0);
});

Deno.test("StalePublisherMonitor publishes the delete of a removed row, when nobody else does", async () => {
  const { monitor, published, add } = await setUp(false);
  await add("dead", LONG_AGO_MS);
  await monitor.removeStale();
  await monitor.removeStale();
  assert.deepEqual(published, [{
    table: "publisher",
    key: "dead",
    action: "delete",
    value: null,
    topic: "D",
    priority: 5,
    timestamp: FAKE_EPOCH_MS,
  }]);
});

Deno.test("StalePublisherMonitor publishes nothing, when a TableMonitor watches the table", async () => {
  const { monitor, published, direct, add } = await setUp(true);
  await add("dead", LONG_AGO_MS);
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), []);
  assert.deepEqual(published, []);
});

Deno.test("StalePublisherMonitor publishes the delete at the next look, when it could not", async () => {
  const { monitor, published, line, log, add } = await setUp();
  await add("dead", LONG_AGO_MS);
  await add("gone", LONG_AGO_MS);
  line.isCut = true;
  await monitor.removeStale();
  await monitor.removeStale();
  assert.equal(published.length, 0);
  assert.equal(log.messages("warn").length, 1);
  line.isCut = false;
  await monitor.removeStale();
  assert.deepEqual(published.map((update) => update.key), ["dead", "gone"]);
});

Deno.test("StalePublisherMonitor warns once of a bad row, which does not stop the pruning", async () => {
  const { monitor, direct, log, add } = await setUp();
  await direct.create("publisher", "bad", '{"uuid": "bad"}');
  await add("dead", LONG_AGO_MS);
  for (let i = 0; i < 3; i++) await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), ["bad"]);
  assert.deepEqual(log.messages("warn"), [
    'Publisher row "bad" cannot be read and stays: "id": missing, wanted a text that is not empty',
  ]);
  await direct.set("publisher", "bad", "worse");
  await monitor.removeStale();
  assert.equal(log.messages("warn").length, 2);
});

Deno.test("StalePublisherMonitor goes on with the other rows, when removing one fails", async () => {
  const { monitor, db, direct, log, add } = await setUp();
  await add("a", LONG_AGO_MS);
  await add("b", LONG_AGO_MS);
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

Deno.test("StalePublisherMonitor.run warns once and goes on, when the database is down", async () => {
  const { monitor, db, clock, direct, log, add } = await setUp();
  await add("dead", LONG_AGO_MS);
  db.setDown(true);
  const stop = new AbortController();
  const done = monitor.run(stop.signal);
  await clock.advance(55_000);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /database unreachable since .*Connection refused$/);
  db.setDown(false);
  await clock.advance(10_000);
  assert.deepEqual(await direct.keys("publisher"), []);
  assert.match(log.messages("info").join(), /database back after 60 s, 6 failed attempts/);
  stop.abort();
  await done;
});

Deno.test("StalePublisherMonitor leaves a row that was renewed between read and delete", async () => {
  const { monitor, db, direct, published, log, add } = await setUp();
  await add("slow", LONG_AGO_MS);
  db.after = async ({ method }) => {
    if (method === "entries") await direct.set("publisher", "slow", publisherText("slow", 0));
  };
  await monitor.removeStale();
  assert.deepEqual(await direct.keys("publisher"), ["slow"]);
  assert.deepEqual(published, []);
  assert.deepEqual(log.messages("warn"), []);
});
