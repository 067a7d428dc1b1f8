import assert from "node:assert/strict";
import { parseRowEventsQuery, rowEventsTarget } from "../../../service/protocol/row_events.ts";

const ROW = { table: "lport", key: "a/b?c=ä" };

Deno.test("parseRowEventsQuery reads the output of rowEventsTarget, with and without a place", () => {
  for (const before of [undefined, "1234567890:123456789012"]) {
    const [path, query = ""] = rowEventsTarget({ ...ROW, before }).split(/\?(.*)/s);
    assert.equal(path, "/row");
    assert.deepEqual(parseRowEventsQuery(query), { ...ROW, before });
  }
});

Deno.test("parseRowEventsQuery explains an invalid query", () => {
  const long = "x".repeat(4_097);
  for (
    const [query, why] of [
      ["key=k", /^"table" must be/],
      ["table=&key=k", /^"table" must be/],
      [`table=${long}&key=k`, /^"table" must be/],
      ["table=t", /^"key" must be/],
      ["table=t&key=k&before=", /^"before" must be/],
      ["table=t&key=k&before=1:-1", /^"before" must be/],
    ] as const
  ) {
    assert.match(String(parseRowEventsQuery(query)), why);
  }
});
