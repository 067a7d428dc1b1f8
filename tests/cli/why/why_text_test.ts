import assert from "node:assert/strict";
import { whyText } from "../../../cli/why/why_text.ts";

const PUBLISHER = "cd8f5f9f-e3e8-569f-87ef-f03c6cfc29bc";
const NOTHING = { events: [], losses: [], searched: [], nodes: [], notes: [], problems: [] };
const ROW = { table: "lport", key: "port-1", value: null, isThere: false };

Deno.test("whyText cuts the rows of its tables, and no sentence, on a narrow terminal", () => {
  const event = { topic: "D", publisher: PUBLISHER, epoch: 1, seq: 1, at: null, action: "set" };
  const reason = "the service was killed before it had written them";
  const lines = whyText(
    {
      ...{ ...ROW, ...NOTHING },
      value: "x".repeat(100),
      isThere: true,
      events: [{ ...event, value: "x".repeat(100) }],
      losses: [{ publisher: PUBLISHER, at: null, events: null, reason }],
    },
    { utc: true },
    40,
  );
  const missing = `Publisher cd8f5f9f: events before an unknown time are missing: ${reason}`;
  assert.deepEqual(lines.filter((line) => line.length > 40), [missing]);
  assert.equal(lines[0]?.length, 40);
});

Deno.test("whyText does not say that no events are kept, when no publisher was searched", () => {
  const lines = whyText({ ...ROW, ...NOTHING }, {}, 80);
  assert.deepEqual(lines, ["lport port-1: not in the database", "", "No events were found"]);
});
