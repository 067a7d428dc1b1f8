import assert from "node:assert/strict";
import { ChangeQueue } from "../../../service/node/change_queue.ts";
import { type DbUpdate, dbUpdate, syncUpdate } from "../../../service/event/db_update.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../../support/fakes/fake_clock.ts";

function update(key: string, priority = 5, timestamp = 0): DbUpdate {
  return dbUpdate({ table: "lport", key, action: "set", priority, timestamp });
}

function setUp(capacity = 100, maxBytes = Infinity) {
  const overflows: number[] = [];
  const queue = new ChangeQueue({
    capacity,
    maxBytes,
    clock: new FakeClock(),
    onOverflow: (discarded) => overflows.push(discarded),
  });
  return { queue, overflows };
}

async function drain(queue: ChangeQueue): Promise<DbUpdate[]> {
  queue.close();
  const taken: DbUpdate[] = [];
  for (let each = await queue.take(); each !== undefined; each = await queue.take()) {
    taken.push(each);
  }
  return taken;
}

Deno.test("ChangeQueue keeps the order of arrival, whatever priority and timestamp are", async () => {
  const { queue } = setUp(1_000);
  const pushed = Array.from({ length: 1_000 }, (_, i) => update(`k${i}`, i % 4, 1_000 - i));
  for (const each of pushed) queue.push(each);
  assert.deepEqual(await drain(queue), pushed);
});

Deno.test("ChangeQueue keeps the order of arrival, when pushes and takes alternate", async () => {
  const { queue } = setUp(10_000);
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const waiting: DbUpdate[] = [];
  for (let step = 0; step < 5_000; step++) {
    const most = random(4);
    if (random(3) === 0) {
      assert.deepEqual(queue.takeWaiting(most), waiting.splice(0, most));
    } else if (most === 0 && waiting.length > 0) {
      assert.equal(await queue.take(), waiting.shift());
    } else {
      const next = update(`k${step}`);
      waiting.push(next);
      queue.push(next);
    }
    assert.equal(queue.size, waiting.length);
  }
  assert.deepEqual(await drain(queue), waiting);
});

Deno.test("ChangeQueue.push queues one sync of everything, when the values are too large", async () => {
  const { queue, overflows } = setUp(100, 10);
  const sized = (key: string, length: number) => ({ ...update(key), value: "x".repeat(length) });
  queue.push(sized("larger", 11));
  assert.deepEqual((await queue.take())?.key, "larger");
  for (const key of ["a", "b"]) queue.push(sized(key, 5));
  queue.push({ ...update("c"), value: null });
  assert.deepEqual(overflows, []);
  queue.push({ ...update("d"), value: { n: 1 } });
  assert.deepEqual(overflows, [4]);
  queue.push(sized("after", 10));
  assert.deepEqual((await drain(queue)).map(({ key, action }) => key ?? action), ["sync", "after"]);
});

Deno.test("ChangeQueue.push queues one sync of everything, when there is no room", async () => {
  const { queue, overflows } = setUp(3);
  for (const key of ["a", "b", "c"]) queue.push(update(key));
  assert.deepEqual(overflows, []);
  assert.ok(queue.push(update("d")));
  assert.deepEqual(overflows, [4]);
  assert.equal(queue.size, 1);
  queue.push(update("next", -100));
  const [sync, after, ...rest] = await drain(queue);
  const timestamp = FAKE_EPOCH_MS;
  assert.deepEqual(sync, syncUpdate("overflow", { timestamp }));
  assert.equal(after?.key, "next");
  assert.deepEqual(rest, []);
});

Deno.test("ChangeQueue.push never loses an event without a sync, when no take follows", async () => {
  const { queue, overflows } = setUp(10);
  for (let i = 0; i < 1_000; i++) queue.push(update(`k${i}`));
  assert.ok(queue.size <= 10);
  assert.ok(overflows.length > 50);
  const left = await drain(queue);
  assert.equal(left.filter((each) => each.action === "sync").length, 1);
  assert.equal(left[0]?.action, "sync");
});

Deno.test("ChangeQueue.take waits, and concurrent takes are served in order", async () => {
  const { queue } = setUp();
  const first = queue.take();
  const second = queue.take();
  queue.push(update("a", 9));
  queue.push(update("b", 1));
  assert.equal((await first)?.key, "a");
  assert.equal((await second)?.key, "b");
  assert.equal(queue.size, 0);
});

Deno.test("ChangeQueue.close ends takes and the iteration after the queued updates", async () => {
  const { queue } = setUp();
  const taking = queue.take();
  queue.close();
  queue.close();
  assert.equal(await taking, undefined);
  assert.equal(await queue.take(), undefined);
  assert.equal(queue.push(update("a")), false);
});

Deno.test("ChangeQueue refuses an invalid capacity", () => {
  for (const capacity of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => setUp(capacity), /"capacity": .*, wanted a whole number, 1 or more/);
  }
});

/** Whether a promise has resolved after all due tasks have run. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve));
  return done;
}

Deno.test("ChangeQueue counts as emptied, when the next update is requested after the last was taken", async () => {
  const { queue } = setUp();
  for (const key of ["a", "b"]) queue.push(update(key));
  const emptied = queue.emptied();
  await queue.take();
  await queue.take();
  queue.push(update("c"));
  assert.equal(await isDone(emptied), false, "the application may still process b");
  await queue.take();
  assert.equal(await isDone(emptied), true);
});

Deno.test("ChangeQueue counts as emptied at once, while an application waits for an update", async () => {
  const { queue } = setUp();
  const taken = queue.take();
  assert.equal(await isDone(queue.emptied()), true);
  queue.push(update("a"));
  await taken;
  const emptied = queue.emptied();
  assert.equal(await isDone(emptied), false);
  queue.take();
  assert.equal(await isDone(emptied), true);
});

Deno.test("ChangeQueue counts as emptied after an overflow, when its sync was taken, and not before", async () => {
  const { queue } = setUp(2);
  queue.push(update("a"));
  const emptied = queue.emptied();
  for (const key of ["b", "c"]) queue.push(update(key));
  assert.equal((await queue.take())?.action, "sync");
  assert.equal(await isDone(emptied), false);
  queue.take();
  assert.equal(await isDone(emptied), true);
});

Deno.test("ChangeQueue.drop drops queued events, and makes room for others", async () => {
  const { queue, overflows } = setUp(100, 10);
  const sized = (key: string, length: number) => ({ ...update(key), value: "x".repeat(length) });
  for (const key of ["a", "b", "c", "d"]) queue.push(sized(key, 1));
  queue.push(sized("large", 6));
  queue.takeWaiting(1);
  queue.drop(({ key }) => key === "large");
  queue.push(sized("e", 6));
  assert.deepEqual((await drain(queue)).map(({ key }) => key), ["b", "c", "d", "e"]);
  assert.deepEqual(overflows, []);
});
