import assert from "node:assert/strict";
import { POLL_MS, setUpFollower as setUp } from "../../support/follower_fixture.ts";

const FIXED = "tcp://fixed:8866";

Deno.test("PublisherFollower connects within one poll, and disconnects 12 s after one, when the table changes", async () => {
  const { clock, direct, follower, appear, start, takeChanges, abort, log } = await setUp([FIXED]);
  const running = start();
  await clock.settle();
  takeChanges();
  await appear("a");
  await clock.advance(POLL_MS - 1);
  assert.deepEqual(takeChanges(), []);
  await clock.advance(1);
  assert.deepEqual(takeChanges(), ["+tcp://a:8866"]);
  await direct.delete("publisher", "a");
  await clock.advance(POLL_MS + 11_999);
  assert.deepEqual(takeChanges(), []);
  assert.deepEqual(follower.aliveUris, []);
  await clock.advance(1);
  assert.deepEqual(takeChanges(), ["-tcp://a:8866"]);
  assert.deepEqual(log.messages("info"), [
    `Following publisher ${FIXED}`,
    "Following publisher tcp://a:8866",
    "Stopped following publisher tcp://a:8866",
  ]);
  abort.abort();
  await running;
});

Deno.test("PublisherFollower stays connected, when a row is removed and restored within 12 s", async () => {
  const { clock, direct, appear, start, takeChanges, abort } = await setUp();
  await appear("a");
  await appear("b");
  const running = start();
  await clock.advance(POLL_MS - 1);
  takeChanges();
  await direct.delete("publisher", "a");
  await direct.delete("publisher", "b");
  await clock.advance(10_000);
  await appear("a");
  await appear("b", { uri: "tcp://elsewhere:8866" });
  await clock.advance(POLL_MS);
  assert.deepEqual(takeChanges(), ["-tcp://b:8866", "+tcp://elsewhere:8866"]);
  abort.abort();
  await running;
});

Deno.test("PublisherFollower reads at every poll, when the database is down while a row is gone", async () => {
  const { db, clock, direct, appear, start, takeChanges, abort } = await setUp();
  await appear("a");
  const running = start();
  await clock.settle();
  await direct.delete("publisher", "a");
  await clock.advance(POLL_MS);
  takeChanges();
  const before = db.count("entries");
  db.setDown(true);
  await clock.advance(4 * POLL_MS);
  assert.equal(db.count("entries"), before + 4);
  assert.deepEqual(takeChanges(), []);
  abort.abort();
  await running;
});
