import assert from "node:assert/strict";
import { SeededRandom } from "../../../faults/harness/random.ts";
import { FUZZ_ROLES, fuzzRole } from "../../../support/zmq/zmtp_fuzz.ts";

/** For each role. `deno task faults --only streams` feeds a million streams. */
const STREAMS = 2_000;
const SEED = Number(Deno.env.get("DF_FUZZ_SEED") ?? 20_261_129);

for (const role of FUZZ_ROLES) {
  Deno.test(`zmtp ${role} survives ${STREAMS} mutated streams, seed ${SEED}`, async () => {
    assert.deepEqual(await fuzzRole(role, STREAMS, new SeededRandom(SEED)), []);
  });
}
