import assert from "node:assert/strict";
import { DbUnavailable } from "../../../../drivers/contract/errors.ts";
import { silentLogger as log } from "../../../../drivers/contract/logger.ts";
import { type DbUpdate, dbUpdate } from "../../../../service/event/db_update.ts";
import { FollowedRows } from "../../../../service/node/tables/followed_rows.ts";
import { RowReader } from "../../../../service/node/tables/row_reader.ts";
import { ReadTimes } from "../../../../service/node/tables/read_times.ts";
import { TableView } from "../../../../service/node/tables/table_view.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";

const MAX_DELAY_MS = 900;

/** Row "a" of table "lport", which was just read as "1". */
async function setUp(logger = log) {
  const clock = new FakeClock();
  const { db, direct } = await FakeDb.open();
  const view = new TableView(["lport"]);
  const readTimes = new ReadTimes(MAX_DELAY_MS, clock);
  const { signal } = new AbortController();
  const reader = new RowReader({ db, clock, log: logger, signal });
  const rows = new FollowedRows({ view, readTimes, reader });
  await direct.create("lport", "a", "1");
  assert.equal(
    [...view.reconcile("lport", await direct.entries("lport"), { timestamp: 1 })].length,
    1,
  );
  readTimes.tableRead("lport", 1);
  const arrive = (value: string, action = "set") => {
    const update = dbUpdate({ table: "lport", key: "a", action, value });
    readTimes.arrived(update);
    return update;
  };
  const handedOn = async (...updates: DbUpdate[]) => {
    const judge = await rows.judge(updates);
    return updates.map((update) => view.follows(update) ? judge(update)?.value : null);
  };
  return { clock, db, direct, arrive, handedOn };
}

Deno.test("FollowedRows read a row once for all of its updates, when one of them may be older", async () => {
  const { clock, db, direct, arrive, handedOn } = await setUp();
  const uncertain = arrive("2");
  await clock.advance(2 * MAX_DELAY_MS);
  const settled = arrive("3");
  await direct.set("lport", "a", "4");
  assert.deepEqual(await handedOn(uncertain, settled), ["4", undefined]);
  assert.equal(db.count("get"), 1);
});

Deno.test("FollowedRows deliver an update without reading, when it arrives long enough after the read", async () => {
  const { clock, db, arrive, handedOn } = await setUp();
  await clock.advance(2 * MAX_DELAY_MS);
  assert.deepEqual(await handedOn(arrive("2"), arrive("3")), ["2", "3"]);
  assert.equal(db.count("get"), 0);
});

Deno.test("FollowedRows deliver an update unchanged, when it equals its row", async () => {
  const { direct, arrive, handedOn } = await setUp();
  await direct.set("lport", "a", "2");
  const update = arrive("2", "update");
  assert.deepEqual(await handedOn(update), ["2"]);
});

Deno.test("FollowedRows deliver an update and log the failure, when its row cannot be read", async () => {
  const logger = new RecordingLogger();
  const { db, arrive, handedOn } = await setUp(logger);
  const notText = new DbUnavailable("No such key can be", { isOfRow: true });
  for (const error of [new TypeError("No such key can be"), notText]) {
    db.before = () => {
      throw error;
    };
    assert.deepEqual(await handedOn(arrive("2")), ["2"]);
    assert.deepEqual(logger.messages("warn"), [
      'Reading rows again: row "a" of table "lport" cannot be read: No such key can be',
    ]);
    logger.clear();
  }
});
