import assert from "node:assert/strict";
import { advanceOnEachReading, countTurns } from "../../../../support/turn_counter.ts";
import { compareCodePoints } from "../../../../../drivers/_internal/db_text.ts";
import {
  repeatedKeys,
  sortedByKey,
} from "../../../../../drivers/_internal/redis/rows/row_order.ts";

const PREFIXES = ["", "p", "port-", "\0", "\u00ff\u0100", "\ud7ff", "\ue000", "\u{1f600}"];
const ENDS = ["", "\0", "\0\0", "1", "10", "2", "12345", "12346", "a", "é", "\u0100", "中", "中1"];

/** Unsorted. */
function keys(prefixes: readonly string[]): { key: string }[] {
  const all = prefixes.flatMap((prefix) => ENDS.map((end) => ({ key: prefix + end })));
  return all.map((_, at) => all[(at * 37) % all.length] ?? { key: "" });
}

Deno.test("sortedByKey sorts by code point, whatever prefix the keys share", async () => {
  for (let count = 0; count <= PREFIXES.length; count++) {
    for (const prefixes of [PREFIXES.slice(0, count), PREFIXES.slice(count, count + 1)]) {
      const rows = keys(prefixes);
      const wanted = rows.toSorted((a, b) => compareCodePoints(a.key, b.key));
      assert.deepEqual(await sortedByKey(rows), wanted);
    }
  }
});

Deno.test("repeatedKeys returns the keys that occur more than once", async () => {
  const rows = ["a", "b", "b", "c", "d", "d", "d"].map((key) => ({ key }));
  assert.deepEqual([...await repeatedKeys(rows)], ["b", "d"]);
  assert.deepEqual([...await repeatedKeys([])], []);
});

for (const [kind, prefix] of [["ordinary", "port-"], ["from the last planes", "\u{1f600}"]]) {
  Deno.test(`sortedByKey yields every few rows, when keys are ${kind}`, async () => {
    const rows = Array.from(
      { length: 3_000 },
      (_, at) => ({ key: `${prefix}${(at * 37) % 3_000}` }),
    );
    using _clock = advanceOnEachReading();
    const sorted: { key: string }[] = [];
    const turns = await countTurns(async () => void sorted.push(...await sortedByKey(rows)));
    assert.deepEqual(sorted, rows.toSorted((a, b) => compareCodePoints(a.key, b.key)));
    assert.ok(turns > 3_000 / 20, `${turns} turns`);
  });
}
