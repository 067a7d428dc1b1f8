import assert from "node:assert/strict";
import { dateText, sendingTime, timeFormat } from "../../../cli/events/event_time.ts";
import { dbUpdate } from "../../../service/event/db_update.ts";

const NOON = Date.UTC(2026, 6, 1, 12, 0, 0, 7);

Deno.test("timeFormat is local time, or UTC with --utc", () => {
  const local = new Date(NOON);
  const parts = [local.getHours(), local.getMinutes(), local.getSeconds()];
  const text = parts.map((part) => String(part).padStart(2, "0")).join(":");
  assert.equal(timeFormat({})(NOON), `${text}.007`);
  assert.equal(timeFormat({ utc: true })(NOON), "12:00:00.007Z");
});

Deno.test("timeFormat with --delta is the time since the call before", () => {
  const time = timeFormat({ delta: true });
  assert.deepEqual([NOON, NOON + 1, NOON + 61_001, NOON].map(time), [
    "    +0.000",
    "    +0.001",
    "   +61.000",
    "   -61.001",
  ]);
});

Deno.test("sendingTime formats when an event was sent, with the date unless it is today", () => {
  const row = { table: null, key: null, action: "sync", timestamp: NOON };
  const sent = (millis: number) => ({
    ...dbUpdate(row),
    origin: { topic: "D", publisher: "p", epoch: 1, seq: 1, sentAt: millis * 1000 },
  });
  const time = sendingTime(timeFormat({ utc: true }), { utc: true });
  assert.equal(time(sent(NOON)), "2026-07-01 12:00:00.007Z");
  assert.equal(time(dbUpdate(row)), "2026-07-01 12:00:00.007Z");
  const now = Date.now();
  assert.equal(time(sent(now)), timeFormat({ utc: true })(now));
  const delta = sendingTime(timeFormat({ delta: true }), { delta: true });
  assert.deepEqual([sent(NOON), sent(NOON + 5)].map(delta), ["    +0.000", "    +0.005"]);
});

Deno.test("dateText has the date and the time, also with --delta", () => {
  assert.equal(dateText(NOON, { utc: true, delta: true }), "2026-07-01 12:00:00.007Z");
});
