import assert from "node:assert/strict";
import { DbUnavailable } from "../../../drivers/contract/errors.ts";
import { PUBLISHER_SECURITY_TABLE } from "../../../service/publishers/publisher_security.ts";
import { PublishersTable } from "../../../service/publishers/publishers_table.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { FakeDb, unreachable } from "../../support/fakes/fake_db.ts";
import { publisherText } from "../../support/publisher_rows.ts";

const TIMEOUT_MS = 300_000;

async function setUp(rows: Readonly<Record<string, string>>) {
  const { db, direct } = await FakeDb.open();
  for (const [key, text] of Object.entries(rows)) await direct.create("publisher", key, text);
  const table = new PublishersTable(db, { clock: new FakeClock(), timeoutMs: TIMEOUT_MS });
  return { db, direct, table };
}

function keys(rows: readonly { readonly key: string }[]): string[] {
  return rows.map((row) => row.key);
}

Deno.test("PublishersTable.list distinguishes alive, stale and unreadable rows", async () => {
  const { table } = await setUp({
    a: publisherText("a", 1_000),
    b: publisherText("b", TIMEOUT_MS),
    c: publisherText("c", TIMEOUT_MS + 1_000),
    d: "junk",
    e: publisherText("e", -5_000),
  });
  const rows = await table.list();
  assert.deepEqual(rows.map((row) => [row.key, row.state]), [
    ["a", "alive"],
    ["b", "alive"],
    ["c", "stale"],
    ["d", "unreadable"],
    ["e", "alive"],
  ]);
  const [a, , , d, e] = rows;
  assert.ok(a?.state === "alive" && a.record.uri === "tcp://a:8866" && a.ageMs === 1_000);
  assert.ok(d?.state === "unreadable" && d.reason === "not JSON");
  assert.ok(e?.state === "alive" && e.ageMs === -5_000);
});

Deno.test("PublishersTable.list takes one round trip, not one for each row", async () => {
  const { db, table } = await setUp({ a: publisherText("a", 0), b: publisherText("b", 0) });
  await table.list();
  assert.deepEqual(db.calls, [{ method: "entries", table: "publisher" }]);
});

Deno.test("PublishersTable.list throws DbUnavailable, when the database is down", async () => {
  const { db, table } = await setUp({});
  db.setDown(true);
  await assert.rejects(table.list(), DbUnavailable);
  await assert.rejects(table.prune(), DbUnavailable);
});

Deno.test("PublishersTable.prune removes the stale rows and no others", async () => {
  const { table, direct } = await setUp({
    alive: publisherText("alive", 1_000),
    bad: "{}",
    own: publisherText("own", TIMEOUT_MS * 2),
    stale: publisherText("stale", TIMEOUT_MS * 2),
  });
  const { waiting } = await table.prune({ exceptId: "own", onlyWatched: true });
  assert.deepEqual(keys(waiting), ["stale"]);
  const report = await table.prune({ exceptId: "own" });
  assert.deepEqual(keys(report.removed), ["stale"]);
  assert.equal(report.alive, 1);
  assert.deepEqual(keys(report.unreadable), ["bad"]);
  assert.deepEqual(await direct.keys("publisher"), ["alive", "bad", "own"]);
});

Deno.test("PublishersTable.prune removes unreadable rows on request", async () => {
  const { table, direct } = await setUp({ bad: "{}", good: publisherText("good", 0) });
  const report = await table.prune({ includeUnreadable: true });
  assert.deepEqual(keys(report.removed), ["bad"]);
  assert.deepEqual(report.unreadable, []);
  assert.deepEqual(await direct.keys("publisher"), ["good"]);
});

Deno.test("PublishersTable.prune uses a different age, when given one", async () => {
  const rows = { a: publisherText("a", 10_000), b: publisherText("b", 5_000) };
  const { table } = await setUp(rows);
  assert.deepEqual(keys((await table.prune({ olderThanMs: 7_000 })).removed), ["a"]);
});

Deno.test("PublishersTable.prune changes nothing, when it is a dry run", async () => {
  const { db, table, direct } = await setUp({ a: publisherText("a", TIMEOUT_MS * 2), b: "x" });
  const report = await table.prune({ dryRun: true, includeUnreadable: true });
  assert.deepEqual(keys(report.removed), ["a", "b"]);
  assert.deepEqual(await direct.keys("publisher"), ["a", "b"]);
  assert.equal(db.count("compareAndDelete"), 0);
});

Deno.test("PublishersTable.prune keeps a row, when it was refreshed between read and delete", async () => {
  const { db, table, direct } = await setUp({
    a: publisherText("a", TIMEOUT_MS * 2),
    b: publisherText("b", TIMEOUT_MS * 2),
    c: publisherText("c", TIMEOUT_MS * 2),
  });
  for (const key of ["a", "c"]) await direct.create(PUBLISHER_SECURITY_TABLE, key, "{}");
  const renewed = publisherText("a", 0);
  db.after = async ({ method }) => {
    if (method !== "entries") return;
    await direct.set("publisher", "a", renewed);
    await direct.delete("publisher", "b");
  };
  const report = await table.prune();
  assert.deepEqual(keys(report.changed), ["a", "b"]);
  assert.deepEqual(keys(report.removed), ["c"]);
  assert.equal(await direct.get("publisher", "a"), renewed);
  assert.deepEqual(await direct.keys(PUBLISHER_SECURITY_TABLE), ["a"]);
});

Deno.test("PublishersTable.prune continues with the others, when one row is invalid or fails", async () => {
  const { db, table, direct } = await setUp({
    a: '{"uuid": "a"}',
    b: publisherText("b", TIMEOUT_MS * 2),
    c: publisherText("c", TIMEOUT_MS * 2),
  });
  db.before = ({ method, key }) => {
    if (method === "compareAndDelete" && key === "b") throw unreachable();
  };
  const report = await table.prune();
  assert.deepEqual(report.failed.map(({ row }) => row.key), ["b"]);
  assert.ok(report.failed[0]?.error instanceof DbUnavailable);
  assert.deepEqual(keys(report.removed), ["c"]);
  assert.deepEqual(await direct.keys("publisher"), ["a", "b"]);
});

Deno.test("PublishersTable.prune stops between rows, when aborted", async () => {
  const { db, table, direct } = await setUp({
    a: publisherText("a", TIMEOUT_MS * 2),
    b: publisherText("b", TIMEOUT_MS * 2),
  });
  const stop = new AbortController();
  db.after = ({ method }) => {
    if (method === "compareAndDelete") stop.abort();
  };
  const report = await table.prune({ signal: stop.signal });
  assert.deepEqual(keys(report.removed), ["a"]);
  assert.deepEqual(await direct.keys("publisher"), ["b"]);
});

Deno.test("PublishersTable.prune removes a stale row, when it has a topic", async () => {
  const { table, direct } = await setUp({});
  await direct.create("publisher", "a", publisherText("a", TIMEOUT_MS * 2), { topic: "t" });
  assert.deepEqual(keys((await table.prune()).removed), ["a"]);
});
