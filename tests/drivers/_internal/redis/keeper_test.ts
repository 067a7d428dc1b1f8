import assert from "node:assert/strict";
import { backoffMs } from "../../../../drivers/_internal/redis/keeper.ts";

Deno.test("backoffMs doubles to a bound, and is half chance", () => {
  const least = [0, 1, 2, 5, 6, 60].map((failures) => backoffMs(failures, () => 0));
  const most = [0, 1, 2, 5, 6, 60].map((failures) => backoffMs(failures, () => 1));
  assert.deepEqual(least, [50, 100, 200, 1600, 2500, 2500]);
  assert.deepEqual(most, [100, 200, 400, 3200, 5000, 5000]);
});
