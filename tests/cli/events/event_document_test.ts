import assert from "node:assert/strict";
import { documentOf } from "../../../cli/events/event_document.ts";

Deno.test("documentOf is the JSON in a text, and undefined for a text that is not JSON", () => {
  assert.deepEqual(documentOf('{"a": [1]}'), { a: [1] });
  assert.equal(documentOf("{"), undefined);
});

Deno.test("documentOf is undefined for a text that nests so deeply that it could not be written again", () => {
  assert.equal(documentOf("[".repeat(9_000) + "]".repeat(9_000)), undefined);
});
