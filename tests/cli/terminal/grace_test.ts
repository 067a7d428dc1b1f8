import assert from "node:assert/strict";
import { once } from "node:events";
import { graceAfter } from "../../../cli/terminal/grace.ts";

Deno.test("graceAfter aborts with its reason some time after the other signal, not with it", async () => {
  const interrupt = new AbortController();
  using grace = graceAfter(interrupt.signal, 1, "time is over");
  const aborted = once(grace.signal, "abort");
  interrupt.abort();
  assert.equal(grace.signal.aborted, false);
  await aborted;
  assert.match(String(grace.signal.reason), /time is over/);
});

Deno.test("graceAfter counts from now, when the other signal has aborted before", async () => {
  using grace = graceAfter(AbortSignal.abort(), 1, "time is over");
  assert.equal(grace.signal.aborted, false);
  await once(grace.signal, "abort");
});

Deno.test("graceAfter leaves no timer behind, when disposed before the time is over", () => {
  const interrupt = new AbortController();
  using grace = graceAfter(interrupt.signal, 60_000, "time is over");
  interrupt.abort();
  assert.equal(grace.signal.aborted, false);
});
