import assert from "node:assert/strict";
import { Broadcast, Channel } from "../../../drivers/contract/channel.ts";

const options = { capacity: 2, overflow: "drop-oldest" } as const;

async function rest<T>(channel: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(channel);
}

Deno.test("Channel yields values in order, and then the end, when closed", async () => {
  const channel = new Channel<number>(options);
  assert(channel.push(1) && channel.push(2));
  channel.close();
  assert.equal(channel.push(3), false);
  assert.deepEqual(await rest(channel), [1, 2]);
});

Deno.test("Channel passes a value to the waiting reader", async () => {
  const channel = new Channel<number>(options);
  const next = channel.next();
  channel.push(1);
  assert.deepEqual(await next, { done: false, value: 1 });
  assert.equal(channel.size, 0);
});

Deno.test("Channel drops and counts the oldest value, when it is full", async () => {
  const channel = new Channel<number>(options);
  for (const value of [1, 2, 3, 4]) assert.equal(channel.push(value), true);
  assert.equal(channel.dropped, 2);
  channel.close();
  assert.deepEqual(await rest(channel), [3, 4]);
});

Deno.test("Channel refuses and counts the newest value, when it is full and its policy is to refuse", async () => {
  const channel = new Channel<number>({ capacity: 2, overflow: "refuse" });
  assert.deepEqual([1, 2, 3].map((value) => channel.push(value)), [true, true, false]);
  assert.equal(channel.dropped, 1);
  await channel.next();
  assert.equal(channel.push(4), true);
  channel.close();
  assert.deepEqual(await rest(channel), [2, 4]);
});

Deno.test("Channel ends a waiting reader, when closed", async () => {
  const channel = new Channel<number>(options);
  const next = channel.next();
  channel.close();
  assert.deepEqual(await next, { done: true, value: undefined });
});

Deno.test("Channel discards its queue and reports that once, when its reader leaves", async () => {
  let closed = 0;
  const channel = new Channel<number>({ ...options, onClose: () => closed++ });
  channel.push(1);
  channel.push(2);
  for await (const _ of channel) break;
  channel.close();
  assert.deepEqual([channel.size, closed, channel.push(3)], [0, 1, false]);
});

Deno.test("Channel refuses a second reader and a capacity of zero", () => {
  const channel = new Channel<number>(options);
  void channel.next();
  assert.throws(() => channel.next(), TypeError);
  for (const capacity of [0, -1, NaN]) {
    assert.throws(() => new Channel({ ...options, capacity }), RangeError);
  }
});

Deno.test("Broadcast gives each reader the values since its start", async () => {
  const broadcast = new Broadcast<number>();
  const early = broadcast[Symbol.asyncIterator]();
  broadcast.publish(1);
  const late = broadcast[Symbol.asyncIterator]();
  broadcast.publish(2);
  broadcast.close();
  broadcast.publish(3);
  assert.deepEqual([await rest(early), await rest(late)], [[1, 2], [2]]);
  assert.deepEqual(await rest(broadcast), []);
});

Deno.test("Broadcast keeps the newest values for a slow reader", async () => {
  const broadcast = new Broadcast<number>(2);
  const reader = broadcast[Symbol.asyncIterator]();
  for (const value of [1, 2, 3]) broadcast.publish(value);
  await broadcast[Symbol.asyncIterator]().return();
  broadcast.close();
  assert.deepEqual(await rest(reader), [2, 3]);
});
