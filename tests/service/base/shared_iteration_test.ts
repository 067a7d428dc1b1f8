import assert from "node:assert/strict";
import { Channel } from "../../../drivers/contract/channel.ts";
import { SharedIteration } from "../../../service/base/shared_iteration.ts";

function setUp() {
  const channel = new Channel<number>({ capacity: 100, overflow: "refuse" });
  const source = async function* () {
    yield* channel;
  };
  return { channel, shared: new SharedIteration<number>(source()) };
}

Deno.test("SharedIteration.iterate ends without an error, when its signal aborts", async () => {
  const { shared } = setUp();
  const abort = new AbortController();
  const ended = Array.fromAsync(shared.iterate(abort.signal));
  abort.abort(new Error("enough"));
  assert.deepEqual(await ended, []);
  assert.deepEqual(await Array.fromAsync(shared.iterate(abort.signal)), [], "aborted before");
});

Deno.test("SharedIteration loses no value, when iterations that wait are aborted", async () => {
  const { channel, shared } = setUp();
  const aborts = [new AbortController(), new AbortController(), new AbortController()];
  const ended = aborts.map(({ signal }) => Array.fromAsync(shared.iterate(signal)));
  await Promise.resolve();
  for (const abort of aborts.toReversed()) abort.abort();
  assert.deepEqual(await Promise.all(ended), [[], [], []]);
  for (const value of [1, 2, 3]) channel.push(value);
  channel.close();
  assert.deepEqual(await Array.fromAsync(shared.iterate()), [1, 2, 3]);
});

Deno.test("SharedIteration gives each value to one of its iterations, in order", async () => {
  const { channel, shared } = setUp();
  const all = [shared.iterate(), shared.iterate()].map((each) => Array.fromAsync(each));
  for (const value of [1, 2, 3, 4, 5]) channel.push(value);
  channel.close();
  const [one = [], two = []] = await Promise.all(all);
  assert.deepEqual([...one, ...two].toSorted(), [1, 2, 3, 4, 5]);
  assert.deepEqual([one.toSorted(), two.toSorted()], [one, two]);
});

Deno.test("SharedIteration goes on with the next value, when one iteration was left", async () => {
  const { channel, shared } = setUp();
  for (const value of [1, 2, 3]) channel.push(value);
  channel.close();
  for await (const value of shared.iterate()) {
    assert.equal(value, 1);
    break;
  }
  assert.deepEqual(await Array.fromAsync(shared.iterate()), [2, 3]);
});

Deno.test("SharedIteration.iterate throws what its source throws, and ends its other iterations", async () => {
  const failing = async function* () {
    yield 1;
    await Promise.reject(new Error("broken"));
  };
  const shared = new SharedIteration(failing());
  const listeners = new Set<unknown>();
  const signal = Object.assign(new AbortController().signal, {
    addEventListener: (_: string, each: unknown) => listeners.add(each),
    removeEventListener: (_: string, each: unknown) => listeners.delete(each),
  });
  for await (const value of shared.iterate(signal)) if (value === 1) break;
  const read = async () => {
    for await (const _ of shared.iterate(signal)) assert.fail("another value");
  };
  const [failed, ended] = [read(), read()];
  await assert.rejects(failed, /broken/);
  await ended;
  assert.equal(listeners.size, 0);
});

Deno.test("SharedIteration continues, when one iterable is iterated again", async () => {
  const { channel, shared } = setUp();
  for (const value of [1, 2, 3]) channel.push(value);
  channel.close();
  const values = shared.iterate();
  for await (const value of values) if (value === 1) break;
  assert.deepEqual(await Array.fromAsync(values), [2, 3]);
});

Deno.test("SharedIteration loses no value, when an iterator that waits is returned", async () => {
  const { channel, shared } = setUp();
  // As a stream does when its reader cancels it.
  const left = shared.iterate()[Symbol.asyncIterator]();
  const waiting = left.next();
  await left.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  channel.push(1);
  channel.close();
  assert.deepEqual(await Array.fromAsync(shared.iterate()), [1]);
});

Deno.test("SharedIteration.iterate throws what its source has thrown while no iteration waited", async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const failing = async function* () {
    yield await promise;
  };
  const shared = new SharedIteration(failing());
  const abort = new AbortController();
  const ended = Array.fromAsync(shared.iterate(abort.signal));
  abort.abort();
  assert.deepEqual(await ended, []);
  reject(new Error("broken"));
  await assert.rejects(promise);
  await assert.rejects(Array.fromAsync(shared.iterate()), /broken/);
  assert.deepEqual(await Array.fromAsync(shared.iterate()), []);
});
