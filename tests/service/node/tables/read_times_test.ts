import assert from "node:assert/strict";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { ReadTimes } from "../../../../service/node/tables/read_times.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";

const MAX_DELAY_MS = 3_000;

function setUp() {
  const clock = new FakeClock();
  const readTimes = new ReadTimes(MAX_DELAY_MS, clock);
  const mayBeOlder = (key = "a", table = "lport") => {
    const update = { ...dbUpdate({ table, key, action: "set", value: "1" }), table, key };
    readTimes.arrived(update);
    return readTimes.mayBeOlder(update);
  };
  /** Advances the time in steps, while the process runs. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      await clock.advance(Math.min(left, 500));
      readTimes.moment();
    }
  };
  return { clock, readTimes, mayBeOlder, pass };
}

Deno.test("ReadTimes.mayBeOlder is true for the rows of a table, until the maximum delay after its read", async () => {
  const { readTimes, mayBeOlder, pass } = setUp();
  assert.equal(mayBeOlder(), false);
  readTimes.tableRead("lport", 0);
  await pass(MAX_DELAY_MS - 1);
  assert.equal(mayBeOlder(), true);
  assert.equal(mayBeOlder("a", "lswitch"), false);
  await pass(2);
  assert.equal(mayBeOlder(), false);
});

Deno.test("ReadTimes.mayBeOlder is true for longer, when a monitor may be busy with a large table", async () => {
  const { readTimes, mayBeOlder, pass } = setUp();
  readTimes.tableRead("lport", 2_000);
  await pass(MAX_DELAY_MS + 999);
  assert.equal(mayBeOlder(), true);
  await pass(2);
  assert.equal(mayBeOlder(), false);
});

Deno.test("ReadTimes.mayBeOlder is true for one row, when only that row was read, and forgets it in time", async () => {
  const { readTimes, mayBeOlder, pass } = setUp();
  readTimes.rowRead({ table: "lport", key: "a" });
  assert.deepEqual([mayBeOlder("a"), mayBeOlder("b")], [true, false]);
  readTimes.forgetUntil(readTimes.moment());
  assert.equal(mayBeOlder("a"), true);
  await pass(MAX_DELAY_MS + 1);
  assert.equal(mayBeOlder("a"), false);
  readTimes.forgetUntil(readTimes.moment());
  assert.equal(mayBeOlder("a"), false);
});

Deno.test("ReadTimes.mayBeOlder judges an update by its arrival, however long it was queued", async () => {
  const { readTimes, pass } = setUp();
  const update = {
    ...dbUpdate({ table: "lport", key: "a", action: "set" }),
    table: "lport",
    key: "a",
  };
  readTimes.arrived(update);
  await pass(10 * MAX_DELAY_MS);
  readTimes.tableRead("lport", 0);
  await pass(10 * MAX_DELAY_MS);
  assert.equal(readTimes.mayBeOlder(update), true);
});

Deno.test("ReadTimes counts one second at most, when the process was stopped", async () => {
  const { clock, readTimes, mayBeOlder, pass } = setUp();
  readTimes.tableRead("lport", 0);
  await clock.advance(3_600_000);
  assert.equal(mayBeOlder(), true);
  await pass(MAX_DELAY_MS - 1_000 + 1);
  assert.equal(mayBeOlder(), false);
});

Deno.test("ReadTimes.mayBeOlder is true for every row, when a connection is new or live again", async () => {
  const address = "tcp://a:1";
  for (const event of [{ kind: "connected" }, { kind: "live", proof: "confirmed" }] as const) {
    const { readTimes, mayBeOlder, pass } = setUp();
    readTimes.onHealth({ kind: "disconnected", address, reason: "reset" });
    assert.equal(mayBeOlder(), false);
    readTimes.onHealth({ ...event, address });
    await pass(MAX_DELAY_MS - 1);
    assert.deepEqual([mayBeOlder("a"), mayBeOlder("b", "lswitch")], [true, true]);
    await pass(2);
    assert.equal(mayBeOlder(), false);
  }
});

Deno.test("ReadTimes never returns the same moment twice", () => {
  const { readTimes } = setUp();
  const first = readTimes.moment();
  assert(first < readTimes.moment());
});
