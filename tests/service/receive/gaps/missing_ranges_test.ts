import assert from "node:assert/strict";
import { MissingRanges } from "../../../../service/receive/gaps/missing_ranges.ts";

Deno.test("MissingRanges takes out numbers wherever they are in a range", () => {
  const missing = new MissingRanges();
  missing.add(3, 7);
  missing.add(9, 9);
  for (const number of [5, 3, 7, 9]) assert(missing.take(number), String(number));
  for (const number of [2, 5, 8, 9, 10]) assert(!missing.take(number), String(number));
  assert.deepEqual(missing.takeAll(), [{ from: 4, to: 4 }, { from: 6, to: 6 }]);
  assert(missing.isEmpty);
});

Deno.test("MissingRanges takes out the lowest range up to a number, or all of it", () => {
  const missing = new MissingRanges();
  missing.add(3, 7);
  missing.add(9, 12);
  assert.deepEqual(missing.takeFirst(4), { from: 3, to: 4 });
  assert.deepEqual(missing.takeFirst(10), { from: 5, to: 7 });
  assert.deepEqual([missing.first, missing.count], [{ from: 9, to: 12 }, 1]);
  missing.takeFirst(12);
  assert.equal(missing.takeFirst(99), undefined);
});
