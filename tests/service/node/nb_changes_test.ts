import assert from "node:assert/strict";
import { type Logger, silentLogger } from "../../../drivers/contract/logger.ts";
import { createMemoryDb } from "../../../drivers/db/memory.ts";
import { type Clock, systemClock } from "../../../service/base/clock.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";
import { NbChanges } from "../../../service/node/nb_changes.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { keepWarnings } from "../../support/sqlite_db.ts";
import { type Overrides, testSettings } from "../../support/test_settings.ts";

async function setUp(
  overrides: Overrides = {},
  log: Logger = silentLogger,
  clock: Clock = systemClock,
): Promise<NbChanges> {
  return new NbChanges({
    settings: testSettings(overrides),
    drivers: {
      loadDbDriver: () => Promise.reject(new Error("no database")),
      loadPubSubDriver: () => Promise.reject(new Error("no driver")),
    },
    db: await createMemoryDb()(),
    untilLive: () => Promise.resolve(),
    clock,
    log,
  });
}

const event = (key: string, timestamp = 1_000) =>
  dbUpdate({ table: "t", key, action: "set", value: "v", timestamp });

Deno.test("NbChanges keeps the order of arrival, when a replayed event has a later timestamp", async () => {
  const changes = await setUp();
  changes.push([event("1", 1_000), event("2 replayed", 3_000), event("3 held back", 2_000)]);
  changes.push([event("4", 2_500), event("5", 4_000)]);
  const keys: (string | null)[] = [];
  for await (const { key } of changes.updates()) {
    keys.push(key);
    if (keys.length === 5) break;
  }
  changes.close();
  assert.deepEqual(keys, ["1", "2 replayed", "3 held back", "4", "5"]);
});

Deno.test("NbChanges warns of a full queue, when the application follows changes, and not before", async () => {
  const log = keepWarnings();
  const changes = await setUp({ "df.pub_sub_change_queue_size": "1" }, log);
  changes.push([event("1"), event("2")]);
  assert.deepEqual(log.warnings, []);
  const iteration = changes.updates()[Symbol.asyncIterator]();
  assert.equal((await iteration.next()).value?.reason, "overflow");
  changes.push([event("3"), event("4")]);
  assert.deepEqual(log.warnings, [
    "Change queue: the queue was full, so a sync replaced 2 changes",
  ]);
  changes.close();
});

Deno.test("NbChanges keeps only one sync, when the application asks for changes after a minute", async () => {
  const clock = new FakeClock();
  const changes = await setUp({}, silentLogger, clock);
  changes.push([event("1")]);
  await clock.advance(59_999);
  changes.push([event("2")]);
  await clock.advance(1);
  changes.push([event("3"), event("4")]);
  const iteration = changes.updates()[Symbol.asyncIterator]();
  assert.equal((await iteration.next()).value?.reason, "overflow");
  changes.push([event("5"), event("6")]);
  assert.equal((await iteration.next()).value?.key, "5");
  assert.equal((await iteration.next()).value?.key, "6");
  changes.close();
});

Deno.test("NbChanges keeps every change, when the application asks for them within a minute", async () => {
  const clock = new FakeClock();
  const changes = await setUp({}, silentLogger, clock);
  changes.push([event("1"), event("2")]);
  const iteration = changes.updates()[Symbol.asyncIterator]();
  await clock.advance(600_000);
  changes.push([event("3")]);
  for (const key of ["1", "2", "3"]) assert.equal((await iteration.next()).value?.key, key);
  changes.close();
});

Deno.test("NbChanges emits no event of a topic, when it is unregistered while the row is read", async () => {
  const changes = await setUp();
  changes.registerTopic("t");
  changes.push([{ ...event("1"), action: "invented", topic: "t", value: null }]);
  const next = changes.updates()[Symbol.asyncIterator]().next();
  changes.unregisterTopic("t");
  changes.push([event("2")]);
  assert.equal((await next).value?.key, "2");
  changes.close();
});
