import assert from "node:assert/strict";
import { SendTime } from "../../../service/base/send_time.ts";

Deno.test("SendTime reads the clock once, when events are sent without a pause", async () => {
  let readings = 0;
  const time = new SendTime({ micros: () => ++readings });
  for (let event = 0; event < 64; event++) assert.equal(time.micros(), 1);
  assert.equal(time.micros(), 2);
  await Promise.resolve();
  assert.equal(time.micros(), 3);
});
