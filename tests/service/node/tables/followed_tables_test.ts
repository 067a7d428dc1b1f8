import assert from "node:assert/strict";
import { silentLogger as log } from "../../../../drivers/contract/logger.ts";
import { untilAborted } from "../../../../drivers/contract/waiting.ts";
import { type DbUpdate, dbUpdate } from "../../../../service/event/db_update.ts";
import { ChangeQueue } from "../../../../service/node/change_queue.ts";
import { FollowedTables } from "../../../../service/node/tables/followed_tables.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";

const MAX_DELAY_MS = 900;
const RECEIVED = { publisher: "p", epoch: 1, topic: "D", seq: 5 };

/** Follows table "lport". Events of other tables are in `completed`. */
async function setUp(isSelective = false) {
  const clock = new FakeClock();
  const { db, direct } = await FakeDb.open();
  const queue = new ChangeQueue({ capacity: 100, maxBytes: Infinity, clock });
  const live = Promise.withResolvers<void>();
  const completed: DbUpdate[] = [];
  const topics = new Set<string>();
  const followed = new FollowedTables({
    tables: ["lport"],
    db,
    queue,
    untilLive: (signal) => untilAborted(live.promise, signal),
    isSelective,
    topics,
    maxDelayMs: MAX_DELAY_MS,
    positions: () => [RECEIVED],
    complete(update) {
      completed.push(update);
      if (update.action === "left") topics.delete(update.topic);
      return update.action === "odd" ? Promise.reject(new Error("odd")) : Promise.resolve(update);
    },
    clock,
    log,
  });
  const push = (key: string, value: string) =>
    followed.push([dbUpdate({ table: "lport", key, action: "set", value })]);
  const pushOther = (action: string) =>
    followed.push([dbUpdate({ table: "lswitch", key: "s", action, value: "1" })]);
  return { clock, db, direct, queue, live, completed, topics, followed, push, pushOther };
}

Deno.test("FollowedTables emits no outdated event, when a slow application takes it together with much later ones", async () => {
  const { clock, direct, queue, live, followed, push } = await setUp();
  live.resolve();
  await direct.create("lport", "a", "1");
  const updates = followed.updates();
  const next = async () => (await updates.next()).value?.value;
  assert.equal(await next(), "1");
  await next();
  await direct.set("lport", "a", "3");
  await clock.advance(500);
  push("a", "1.5");
  assert.equal(await next(), "3");
  await clock.advance(MAX_DELAY_MS - 100);
  push("a", "2");
  await clock.advance(200);
  push("b", "1");
  assert.equal(await next(), "1");
  followed.stop();
  queue.close();
});

Deno.test("FollowedTables reads rows and requests syncs of topics, only when subscriptions are live", async () => {
  const { clock, db, queue, live, followed } = await setUp();
  const registered = followed.registerTopic("t");
  const mark = followed.updates().next();
  await clock.settle();
  assert.deepEqual([db.calls.length, queue.size], [0, 0]);
  live.resolve();
  await registered;
  assert.deepEqual([(await mark).value?.action, queue.size], ["synced", 1]);
  followed.stop();
});

Deno.test("FollowedTables marks its snapshot with the positions of publishers and of the topics of a broker", async () => {
  const { live, followed } = await setUp();
  live.resolve();
  const update = dbUpdate({ table: "lport", key: "a", action: "set", value: "1" });
  followed.push([{ ...update, position: "7" }]);
  const { value: mark } = await followed.updates().next();
  assert.deepEqual(mark?.value, { positions: [{ topic: "D", position: "7" }, RECEIVED] });
  followed.stop();
});

Deno.test("FollowedTables ends its updates, when it is stopped while it waits", async () => {
  const { clock, followed } = await setUp();
  const next = followed.updates().next();
  await clock.settle();
  followed.stop();
  assert.equal((await next).done, true);
});

Deno.test("FollowedTables handles no further event, when it is stopped", async () => {
  const { live, completed, followed, pushOther } = await setUp();
  live.resolve();
  const updates = followed.updates();
  assert.equal((await updates.next()).value?.action, "synced");
  followed.stop();
  pushOther("set");
  assert.equal((await updates.next()).done, true);
  assert.deepEqual(completed, []);
});

Deno.test("FollowedTables passes an error on, when an event cannot be completed", async () => {
  const { live, followed, pushOther } = await setUp();
  live.resolve();
  const updates = followed.updates();
  await updates.next();
  pushOther("odd");
  await assert.rejects(updates.next(), /odd/);
  followed.stop();
});

Deno.test("FollowedTables emits a row again, when its topic was unregistered between two events", async () => {
  const { clock, direct, live, topics, followed } = await setUp(true);
  live.resolve();
  topics.add("t");
  const updates = followed.updates();
  await updates.next();
  const row = { table: "lport", action: "create", value: "1", topic: "t" };
  for (const key of ["a", "b"]) await direct.create("lport", key, "1", { topic: "t" });
  followed.push([dbUpdate({ ...row, key: "a" }), dbUpdate({ ...row, key: "b" })]);
  assert.equal((await updates.next()).value?.key, "a");
  topics.delete("t");
  followed.unregisterTopic("t");
  const next = updates.next();
  await clock.settle();
  topics.add("t");
  await followed.registerTopic("t");
  assert.deepEqual([(await next).value?.key, (await updates.next()).value?.key], ["a", "b"]);
  followed.stop();
});

Deno.test("FollowedTables emits no event, when its topic is unregistered while the event is completed", async () => {
  const { live, topics, followed, pushOther } = await setUp(true);
  live.resolve();
  topics.add("t");
  const updates = followed.updates();
  await updates.next();
  followed.push([dbUpdate({ table: "lswitch", key: "s", action: "left", topic: "t" })]);
  pushOther("set");
  assert.equal((await updates.next()).value?.topic, "D");
  followed.stop();
});
