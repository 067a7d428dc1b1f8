import assert from "node:assert/strict";
import { silentLogger as log } from "../../../../drivers/contract/logger.ts";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { ChangeQueue } from "../../../../service/node/change_queue.ts";
import { FollowedTables } from "../../../../service/node/tables/followed_tables.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";

const MAX_DELAY_MS = 900;

Deno.test("FollowedTables emits no outdated event, when a slow application takes it together with much later ones", async () => {
  const clock = new FakeClock();
  const { db, direct } = await FakeDb.open();
  const queue = new ChangeQueue({ capacity: 100, maxBytes: Infinity, clock });
  const followed = new FollowedTables({
    tables: ["lport"],
    db,
    queue,
    untilLive: () => Promise.resolve(),
    isSelective: false,
    topics: new Set(),
    maxDelayMs: MAX_DELAY_MS,
    complete: (update) => Promise.resolve(update),
    clock,
    log,
  });
  const push = (key: string, value: string) =>
    followed.push([dbUpdate({ table: "lport", key, action: "set", value })]);
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
