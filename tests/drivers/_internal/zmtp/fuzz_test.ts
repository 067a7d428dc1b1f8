import assert from "node:assert/strict";
import { SeededRandom } from "../../../faults/harness/random.ts";
import { FUZZ_ROLES, FuzzTarget, mutatedStream } from "../../../support/zmtp_fuzz.ts";

/** Of each role; `DF_FUZZ_STREAMS=250000` for a million of them. */
const STREAMS = Number(Deno.env.get("DF_FUZZ_STREAMS") ?? 2_000);
const SEED = Number(Deno.env.get("DF_FUZZ_SEED") ?? 20_261_129);
/** Short streams up to this number are cut at every offset, others at one each. */
const CUT_EVERYWHERE = 20;
const MAX_SHORT_BYTES = 4_000;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

for (const role of FUZZ_ROLES) {
  Deno.test(`zmtp ${role} outlives ${STREAMS} mutated streams, seed ${SEED}`, async () => {
    const random = new SeededRandom(SEED);
    const target = new FuzzTarget(role);
    let before = 0;
    for (let count = 0; count < STREAMS; count++) {
      const bytes = mutatedStream(role, random);
      const isShort = bytes.length <= MAX_SHORT_BYTES;
      const cuts = isShort && count < CUT_EVERYWHERE
        ? bytes.keys()
        : [random.between(0, bytes.length)];
      for (const at of cuts) await target.feed([bytes.subarray(0, at), bytes.subarray(at)]);
      if (count === STREAMS >> 2) before = memory();
    }
    assert(memory() - before < MAX_GROWTH_BYTES, `${before} bytes became ${memory()}`);
    assert(target.taken > STREAMS / 20, `${target.taken} messages were taken`);
    assert(target.ended > STREAMS / 20, `${target.ended} connections were ended`);
  });
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed;
}
