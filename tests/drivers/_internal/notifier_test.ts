import assert from "node:assert/strict";
import { Notifier } from "../../../drivers/_internal/notifier.ts";

Deno.test("Notifier wakes all waiting callers, when notified", async () => {
  const notifier = new Notifier();
  const waiting = [notifier.wait(), notifier.wait({ timeoutMs: 10_000 })];
  notifier.notify();
  assert.deepEqual(await Promise.all(waiting), [true, true]);
});

Deno.test("Notifier.wait is false, when the timeout passes", async () => {
  assert.equal(await new Notifier().wait({ timeoutMs: 1 }), false);
});

Deno.test("Notifier.wait rejects with the reason, when the signal aborts", async () => {
  const notifier = new Notifier();
  const reason = new Error("enough");
  await assert.rejects(notifier.wait({ signal: AbortSignal.abort(reason) }), reason);
  const abort = new AbortController();
  const waiting = notifier.wait({ signal: abort.signal, timeoutMs: 10_000 });
  abort.abort(reason);
  await assert.rejects(waiting, reason);
});

Deno.test("Notifier.wait removes its listener from the signal, however it ends", async () => {
  const notifier = new Notifier();
  let listeners = 0;
  const signal = new AbortController().signal;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  const notified = notifier.wait({ signal });
  assert.equal(listeners, 1);
  notifier.notify();
  await Promise.all([notified, notifier.wait({ signal, timeoutMs: 1 })]);
  assert.equal(listeners, 0);
});

Deno.test("Notifier.until checks its condition at every notice, until it holds", async () => {
  const notifier = new Notifier();
  let value = 0;
  const waiting = notifier.until(() => value === 3, { timeoutMs: 10_000 });
  for (let turn = 0; turn < 3; turn++) {
    value++;
    notifier.notify();
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.equal(await waiting, true);
});

Deno.test("Notifier.until is false at its timeout, however often it is notified", async () => {
  const notifier = new Notifier();
  const timer = setInterval(() => notifier.notify(), 1);
  assert.equal(await notifier.until(() => false, { timeoutMs: 20 }), false);
  clearInterval(timer);
});

Deno.test("Notifier.until does not check its condition, when the signal is already aborted", async () => {
  const reason = new Error("enough");
  const waiting = new Notifier().until(() => assert.fail(), { signal: AbortSignal.abort(reason) });
  await assert.rejects(waiting, reason);
});
