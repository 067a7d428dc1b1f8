import assert from "node:assert/strict";
import { parseDateTime } from "../../../cli/flags/date_time.ts";

function isoOf(text: string): string | undefined {
  const millis = parseDateTime(text);
  return millis === undefined ? undefined : new Date(millis).toISOString();
}

Deno.test("parseDateTime reads a date and a time without a zone in local time", () => {
  const before = Deno.env.get("TZ");
  Deno.env.set("TZ", "Asia/Kolkata");
  try {
    assert.equal(isoOf("2026-11-29"), "2026-11-28T18:30:00.000Z");
    assert.equal(isoOf("2026-11-29T00:00"), "2026-11-28T18:30:00.000Z");
    assert.equal(isoOf("2026-11-29 13:00:00.5"), "2026-11-29T07:30:00.500Z");
    for (const text of ["2026-11-29T13:00Z", "2026-11-29 13:00z", "2026-11-29T14:00+0100"]) {
      assert.equal(isoOf(text), "2026-11-29T13:00:00.000Z", text);
    }
  } finally {
    if (before === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", before);
  }
});

Deno.test("parseDateTime refuses a day that the calendar lacks, and text after a time", () => {
  for (
    const text of [
      "2026-02-29",
      "2026-11-31",
      "2026-02-30T10:00Z",
      "2026-11-29T25:00",
      "2026-11-29 01:00 PM",
      "2026-11-29 (today)",
      "2026-11-29T13",
      "today",
    ]
  ) assert.equal(parseDateTime(text), undefined, text);
  assert.equal(isoOf("2028-02-29Z"), "2028-02-29T00:00:00.000Z");
});
