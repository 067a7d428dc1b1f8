import assert from "node:assert/strict";
import { daysUntil } from "../../../service/config/certificate_files.ts";

Deno.test("daysUntil rounds down, and is negative when the time is past", () => {
  const days = (ms: number) => daysUntil(1_000 + ms, 1_000);
  assert.deepEqual([days(86_400_000), days(86_399_999), days(0), days(-1)], [1, 0, 0, -1]);
});
