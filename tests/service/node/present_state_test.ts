import assert from "node:assert/strict";
import { publishState } from "../../../service/node/present_state.ts";

Deno.test("publishState ends after ten events, when the row changes all the time", async () => {
  let reads = 0;
  const published: unknown[] = [];
  await publishState(
    () => Promise.resolve(String(++reads)),
    ({ action, value }) => Promise.resolve(void published.push(`${action} ${value}`)),
  );
  assert.deepEqual([published.length, published.at(-1)], [10, "set 10"]);
});
