import assert from "node:assert/strict";
import { dbUpdate } from "../../../../service/event/db_update.ts";
import { Settling } from "../../../../service/node/tables/settling.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const SETTLE_MS = 3_000;

function setUp() {
  const clock = new FakeClock();
  const settling = new Settling(SETTLE_MS, clock);
  const isHint = (key = "a", table = "lport") => {
    const update = { ...dbUpdate({ table, key, action: "set", value: "1" }), table, key };
    settling.arrived(update);
    return settling.isHint(update);
  };
  /** Time passes, and the process is awake. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      await clock.advance(Math.min(left, 500));
      settling.moment();
    }
  };
  return { clock, settling, isHint, pass };
}

Deno.test("Settling doubts the rows of a table until some time after it was read", async () => {
  const { settling, isHint, pass } = setUp();
  assert.equal(isHint(), false);
  settling.tableRead("lport", 0);
  await pass(SETTLE_MS - 1);
  assert.equal(isHint(), true);
  assert.equal(isHint("a", "lswitch"), false);
  await pass(2);
  assert.equal(isHint(), false);
});

Deno.test("Settling doubts for longer, when a monitor may be busy with a large table", async () => {
  const { settling, isHint, pass } = setUp();
  settling.tableRead("lport", 2_000);
  await pass(SETTLE_MS + 999);
  assert.equal(isHint(), true);
  await pass(2);
  assert.equal(isHint(), false);
});

Deno.test("Settling doubts one row, when only that was read, and forgets it in time", async () => {
  const { settling, isHint, pass } = setUp();
  settling.rowRead({ table: "lport", key: "a" });
  assert.deepEqual([isHint("a"), isHint("b")], [true, false]);
  settling.forgetUntil(settling.moment());
  assert.equal(isHint("a"), true);
  await pass(SETTLE_MS + 1);
  assert.equal(isHint("a"), false);
  settling.forgetUntil(settling.moment());
  assert.equal(isHint("a"), false);
});

Deno.test("Settling judges an update by its arrival, however long it waited", async () => {
  const { settling, pass } = setUp();
  const update = {
    ...dbUpdate({ table: "lport", key: "a", action: "set" }),
    table: "lport",
    key: "a",
  };
  settling.arrived(update);
  await pass(10 * SETTLE_MS);
  settling.tableRead("lport", 0);
  await pass(10 * SETTLE_MS);
  assert.equal(settling.isHint(update), true);
});

Deno.test("Settling counts a second at most, when the process was stopped", async () => {
  const { clock, settling, isHint, pass } = setUp();
  settling.tableRead("lport", 0);
  await clock.advance(3_600_000);
  assert.equal(isHint(), true);
  await pass(SETTLE_MS - 1_000 + 1);
  assert.equal(isHint(), false);
});

Deno.test("Settling doubts every row for some time, when a connection is new or live again", async () => {
  const address = "tcp://a:1";
  for (const event of [{ kind: "connected" }, { kind: "live", proof: "confirmed" }] as const) {
    const { settling, isHint, pass } = setUp();
    settling.onHealth({ kind: "disconnected", address, reason: "reset" });
    assert.equal(isHint(), false);
    settling.onHealth({ ...event, address });
    await pass(SETTLE_MS - 1);
    assert.deepEqual([isHint("a"), isHint("b", "lswitch")], [true, true]);
    await pass(2);
    assert.equal(isHint(), false);
  }
});

Deno.test("Settling has no two moments that are the same", () => {
  const { settling } = setUp();
  const first = settling.moment();
  assert(first < settling.moment());
});
