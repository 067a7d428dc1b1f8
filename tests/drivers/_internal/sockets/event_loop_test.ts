import assert from "node:assert/strict";
import { inTurns, nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";

Deno.test("EventLoop does not wait for traffic while a work in turns is to go on", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  const waited: number[] = [];
  const wait = kernel.wait.bind(kernel);
  kernel.wait = (epoll, events, max, timeoutMs) => {
    waited.push(timeoutMs);
    return wait(epoll, events, max, timeoutMs);
  };
  try {
    // It stays readable: there is traffic in every turn.
    loop.add(fd, { isEager: true, onReadable: () => {} });
    kernel.signal(fd);
    while (waited.length < 3) await nextTurn();
    assert.deepEqual(new Set(waited), new Set([1]));
    let ms = 0;
    await inTurns(Array(20), () => waited.splice(0), () => ms++);
    assert.deepEqual(new Set(waited), new Set([0]));
    while (!waited.includes(1)) await nextTurn();
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
});

Deno.test("EventLoop lets the runtime look at its own sockets, while there is traffic without a pause", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  let apart = 0;
  const waitApart = kernel.waitApart.bind(kernel);
  kernel.waitApart = (...args) => {
    apart++;
    return waitApart(...args);
  };
  try {
    // It stays readable: there is traffic in every turn.
    loop.add(fd, { isEager: true, onReadable: () => {} });
    kernel.signal(fd);
    const deadline = performance.now() + 10_000;
    while (apart < 4 && performance.now() < deadline) await nextTurn();
    assert(apart >= 4, `waited on another thread ${apart} times`);
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
});
