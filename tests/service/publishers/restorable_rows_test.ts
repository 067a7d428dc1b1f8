import assert from "node:assert/strict";
import type { PublisherRow } from "../../../service/publishers/publishers_table.ts";
import { RestorableRows } from "../../../service/publishers/restorable_rows.ts";

Deno.test("RestorableRows keeps a removed row for at most 2 s more, when the database begins to report changes", () => {
  let now = 0;
  const rows = new RestorableRows({ monotonic: () => now });
  rows.with([{ key: "a" } as PublisherRow], false);
  assert.equal(rows.with([], false).length, 1);
  assert.equal(rows.untilNextMs, 12_000);
  now = 1_000;
  assert.equal(rows.with([], true).length, 1);
  assert.equal(rows.untilNextMs, 2_000);
  now = 2_000;
  assert.equal(rows.with([], false).length, 1);
  assert.equal(rows.untilNextMs, 1_000, "no poll prolongs it");
  now = 3_000;
  assert.deepEqual(rows.with([], false), []);
});
