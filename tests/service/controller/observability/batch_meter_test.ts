import assert from "node:assert/strict";
import { BatchMeter } from "../../../../service/controller/observability/batch_meter.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { bytesOf } from "../../../support/frame_reader.ts";

Deno.test("BatchMeter measures the duration of a batch, and counts its bytes", async () => {
  const clock = new FakeClock();
  const meter = new BatchMeter(clock);
  meter.begin(["12", "345"].map((text) => ({ topic: "D", payload: bytesOf(text) })));
  assert.equal(meter.pending, 2);
  await clock.advance(30);
  meter.end();
  assert.deepEqual([meter.pending, meter.bytes], [0, 5]);
  const samples = meter.seconds.samples();
  const value = (suffix: string, le?: string) =>
    samples.find((each) => each.suffix === suffix && each.labels?.["le"] === le)?.value;
  assert.deepEqual([value("_bucket", "0.025"), value("_bucket", "0.05"), value("_count")], [
    0,
    1,
    1,
  ]);
});
