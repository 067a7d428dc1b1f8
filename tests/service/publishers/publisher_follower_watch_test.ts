// A follower whose database can watch the publishers table.
import assert from "node:assert/strict";
import { Channel } from "../../../drivers/contract/channel.ts";
import type { TableChange } from "../../../drivers/contract/db.ts";
import { POLL_MS, setUpFollower as setUp } from "../../support/follower_fixture.ts";

Deno.test("PublisherFollower.run connects at once, disconnects after 2 s and does not poll, when the database watches", async () => {
  const { db, direct, clock, abort, start, appear, takeChanges } = await setUp();
  db.watch = (table, options) => direct.watch?.(table, options) ?? assert.fail();
  const done = start();
  await clock.settle();
  const reads = db.count("entries");
  await appear("a");
  await clock.settle();
  assert.deepEqual(takeChanges(), ["+tcp://a:8866"]);
  await direct.delete("publisher", "a");
  await clock.settle();
  await appear("a");
  await clock.advance(POLL_MS);
  assert.deepEqual(takeChanges(), []);
  await direct.delete("publisher", "a");
  await clock.advance(1_999);
  assert.deepEqual(takeChanges(), []);
  await clock.advance(1);
  assert.deepEqual(takeChanges(), ["-tcp://a:8866"]);
  await clock.advance(10 * POLL_MS);
  assert.equal(db.count("entries"), reads);
  abort.abort();
  await done;
});

Deno.test("PublisherFollower.run polls and warns once, when the watch is interrupted", async () => {
  const { db, clock, log, abort, start, appear, takeChanges } = await setUp();
  const reports = new Channel<TableChange>({ capacity: 10, overflow: "refuse" });
  abort.signal.addEventListener("abort", () => reports.close());
  db.watch = () => reports;
  const done = start();
  reports.push({ kind: "whole", rows: [] });
  reports.push({ kind: "interrupted", reason: "no leader" });
  reports.push({ kind: "interrupted", reason: "no leader" });
  await clock.settle();
  await appear("a");
  await clock.advance(POLL_MS);
  assert.deepEqual(takeChanges(), ["+tcp://a:8866"]);
  assert.equal(log.messages("warn").length, 1);
  assert.match(log.messages("warn")[0] ?? "", /Watch of the publishers table.*no leader/);
  reports.push({ kind: "whole", rows: [] });
  await clock.settle();
  await clock.advance(2_000);
  assert.deepEqual(takeChanges(), ["-tcp://a:8866"]);
  abort.abort();
  await done;
});
