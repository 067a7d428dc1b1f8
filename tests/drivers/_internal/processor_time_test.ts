import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { processorSeconds } from "../../../drivers/_internal/processor_time.ts";

const TOLERANCE_S = 0.05;

Deno.test("processorSeconds returns the processor time of the process, as Node does", () => {
  const { user, system } = cpuUsage();
  assert(Math.abs(processorSeconds() - (user + system) / 1e6) < TOLERANCE_S);
});

Deno.test("processorSeconds grows with work, and never shrinks", () => {
  const before = processorSeconds();
  let last = before;
  while (last < before + 0.02) {
    const now = processorSeconds();
    assert(now >= last);
    last = now;
  }
});
