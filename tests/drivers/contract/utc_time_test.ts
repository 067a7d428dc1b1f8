import assert from "node:assert/strict";
import { utcTime } from "../../../drivers/contract/utc_time.ts";

Deno.test("utcTime is what toISOString writes, for years of four digits", () => {
  const times = [
    "0000-01-01",
    "1969-12-31T23:59:59.999Z",
    "2024-02-29T01:02:03.004Z",
    "9999-12-31",
  ];
  for (const time of times.map((text) => new Date(text))) {
    assert.equal(utcTime(time.getTime()), time.toISOString());
  }
  for (let millis = 0; millis < 2e12; millis += 12_345_678_901) {
    assert.equal(utcTime(millis), new Date(millis).toISOString());
  }
});
