import assert from "node:assert/strict";
import { once } from "node:events";
import { abortAfter } from "../../../cli/terminal/delayed_abort.ts";

Deno.test("abortAfter aborts with its reason some time after the other signal, not with it", async () => {
  const interrupt = new AbortController();
  using delayed = abortAfter(interrupt.signal, 1, "time is over");
  const aborted = once(delayed.signal, "abort");
  interrupt.abort();
  assert.equal(delayed.signal.aborted, false);
  await aborted;
  assert.match(String(delayed.signal.reason), /time is over/);
});

Deno.test("abortAfter counts from now, when the other signal is already aborted", async () => {
  using delayed = abortAfter(AbortSignal.abort(), 1, "time is over");
  assert.equal(delayed.signal.aborted, false);
  await once(delayed.signal, "abort");
});

Deno.test("abortAfter leaves no timer behind, when disposed before the timeout", () => {
  const interrupt = new AbortController();
  using delayed = abortAfter(interrupt.signal, 60_000, "time is over");
  interrupt.abort();
  assert.equal(delayed.signal.aborted, false);
});
