import assert from "node:assert/strict";
import { Summary } from "../../../cli/subscribe/summary.ts";
import { type DbUpdate, dbUpdate } from "../../../service/event/db_update.ts";
import { initialRow, syncedMark } from "../../../service/node/tables/snapshot_marks.ts";

const PLACE = { topic: "D", publisher: "p", epoch: 7 };

function summaryOf(actions: readonly string[]): { summary: Summary; taken: DbUpdate[] } {
  const taken: DbUpdate[] = [];
  const summary = new Summary({ take: (update) => void taken.push(update), flush() {} });
  for (const action of actions) summary.take(dbUpdate({ table: "t", key: "k", action }));
  return { summary, taken };
}

Deno.test("Summary counts events by action, the most frequent first, and passes them on", () => {
  const { summary, taken } = summaryOf(["set", "create", "set", "explode"]);
  assert.match(summary.text(80), /^4 events in \d\.\d s \(2 set, 1 create, 1 other\), no gaps$/);
  assert.equal(taken.length, 4);
});

Deno.test("Summary counts gaps and the events in them, and rows of a snapshot apart", () => {
  const { summary } = summaryOf(["set", "synced"]);
  const row = initialRow(dbUpdate({ table: "t", key: "k", action: "create" }));
  for (const update of [row, row, syncedMark([], 0)]) summary.take(update);
  summary.note({ kind: "gap", topic: "D", reason: "x" });
  summary.note({ kind: "lost", ...PLACE, from: 3, to: 5 });
  summary.note({ kind: "restart", ...PLACE });
  assert.match(
    summary.text(90),
    /^2 events in 0\.\d s \(1 set, 1 other\), 2 rows of the snapshot, 2 gaps \(3 events lost\)$/,
  );
  assert.match(summaryOf([]).summary.text(80), /^0 events in 0\.\d s, no gaps$/);
});

Deno.test("Summary names as many actions as fit", () => {
  const { summary } = summaryOf(["set", "set", "set", "create", "create", "delete"]);
  assert.match(summary.text(45), /^6 events in 0\.\d s \(3 set, 3 others\), no gaps$/);
  assert.match(summary.text(53), /^6 events in 0\.\d s \(3 set, 2 create, 1 other\), no gaps$/);
  assert.match(summary.text(20), /^6 events in 0\.\d s, no gaps$/);
});
