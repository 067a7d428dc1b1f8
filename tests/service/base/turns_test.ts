import assert from "node:assert/strict";
import { Turns } from "../../../service/base/turns.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("Turns lets one at a time through, in the order of asking", async () => {
  const turns = new Turns(new FakeClock());
  const order: string[] = [];
  const go = async (name: string) => {
    using _turn = await turns.take();
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
  };
  await Promise.all(["a", "b", "c"].map(go));
  assert.deepEqual(order, ["a in", "a out", "b in", "b out", "c in", "c out"]);
  assert.equal(turns.isTaken, false);
});

Deno.test("Turns is left by who gives up, in time or by signal, and leaves no timer", async () => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const abort = new AbortController();
  const first = await turns.take();
  const late = assert.rejects(turns.take({ timeoutMs: 10 }), { code: "SEND_TIMEOUT" });
  const aborted = assert.rejects(turns.take({ signal: abort.signal }), { message: "enough" });
  const patient = turns.take({ timeoutMs: 1000 });
  abort.abort(new Error("enough"));
  await clock.advance(10);
  await Promise.all([late, aborted]);
  first[Symbol.dispose]();
  const last = await patient;
  assert.equal(turns.isTaken, true);
  last[Symbol.dispose]();
  assert.deepEqual([turns.isTaken, clock.sleepers], [false, 0]);
  await assert.rejects(turns.take({ signal: abort.signal }), { message: "enough" });
});
