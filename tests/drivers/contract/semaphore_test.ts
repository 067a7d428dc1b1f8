import assert from "node:assert/strict";
import { Semaphore } from "../../../drivers/contract/semaphore.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

Deno.test("Semaphore admits one caller at a time in order, when it has one permit", async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const go = async (name: string) => {
    using _permit = await semaphore.acquire();
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
  };
  await Promise.all(["a", "b", "c"].map(go));
  assert.deepEqual(order, ["a in", "a out", "b in", "b out", "c in", "c out"]);
  assert.equal(semaphore.isFree, true);
});

Deno.test("Semaphore admits as many concurrent callers as it has permits", async () => {
  const semaphore = new Semaphore(2);
  const [first] = await Promise.all([semaphore.acquire(), semaphore.acquire()]);
  let isIn = false;
  const third = semaphore.acquire().then(() => isIn = true);
  await new FakeClock().settle();
  assert.deepEqual([isIn, semaphore.isFree], [false, false]);
  first[Symbol.dispose]();
  await third;
});

Deno.test("Semaphore removes a caller and its timer, when its timeout passes or its signal aborts", async () => {
  const clock = new FakeClock();
  const semaphore = new Semaphore(1);
  const abort = new AbortController();
  const first = await semaphore.acquire();
  const late = assert.rejects(
    semaphore.acquire({ timeoutMs: 10, clock }, () => {
      throw new RangeError("too late");
    }),
    { message: "too late" },
  );
  const aborted = assert.rejects(semaphore.acquire({ signal: abort.signal }), {
    message: "enough",
  });
  const patient = semaphore.acquire({ timeoutMs: 1000, clock });
  abort.abort(new Error("enough"));
  await clock.advance(10);
  await Promise.all([late, aborted]);
  first[Symbol.dispose]();
  const last = await patient;
  assert.equal(semaphore.isFree, false);
  last[Symbol.dispose]();
  assert.deepEqual([semaphore.isFree, clock.sleepers], [true, 0]);
  await assert.rejects(semaphore.acquire({ signal: abort.signal }), { message: "enough" });
});

Deno.test("Semaphore passes a permit on, when it is granted at the moment of an abort", async () => {
  const semaphore = new Semaphore(1);
  const abort = new AbortController();
  const first = await semaphore.acquire();
  const aborted = assert.rejects(semaphore.acquire({ signal: abort.signal }), {
    message: "enough",
  });
  const next = semaphore.acquire();
  first[Symbol.dispose]();
  abort.abort(new Error("enough"));
  await aborted;
  (await next)[Symbol.dispose]();
  assert.equal(semaphore.isFree, true);
});
