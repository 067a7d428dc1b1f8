import assert from "node:assert/strict";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";

Deno.test("EventLoop begins each turn with any of the descriptors that are readable", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fds = Array.from({ length: 5 }, () => kernel.eventfd());
  const begun = new Set<number>();
  let turn = -1;
  try {
    for (const fd of fds) {
      // They stay readable.
      kernel.signal(fd);
      loop.add(fd, {
        onReadable: () => {
          if (loop.turn !== turn) begun.add(fd);
          turn = loop.turn;
        },
      });
    }
    const deadline = performance.now() + 10_000;
    while (begun.size < fds.length && performance.now() < deadline) await nextTurn();
    assert.equal(begun.size, fds.length);
  } finally {
    for (const fd of fds) {
      loop.remove(fd);
      kernel.close(fd);
    }
    await loop.release();
  }
});

Deno.test("EventLoop calls no descriptor that was removed in the same turn", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const [first, ...fds] = [kernel.eventfd(), kernel.eventfd(), kernel.eventfd()];
  const called: string[] = [];
  const removeAll = () => fds.forEach((fd) => loop.remove(fd));
  const watched = {
    onWritable: () => called.push("writable") && removeAll(),
    onReadable: () => called.push("readable") && removeAll(),
  };
  try {
    // The next wait reports all that is added in a turn.
    loop.add(first, {
      onReadable: () => {
        loop.remove(first);
        for (const fd of fds) {
          kernel.signal(fd);
          loop.add(fd, watched);
          loop.change(fd, { reading: true, writing: true });
        }
      },
    });
    kernel.signal(first);
    while (called.length === 0) await nextTurn();
    assert.deepEqual(called, ["writable"]);
  } finally {
    for (const fd of [first, ...fds]) kernel.close(fd);
    await loop.release();
  }
});

Deno.test("EventLoop watches a descriptor again, when it has watched nothing of it twice", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  const { promise, resolve } = Promise.withResolvers<void>();
  try {
    loop.add(fd, { onReadable: () => (loop.remove(fd), resolve()) });
    for (let times = 0; times < 2; times++) loop.change(fd, { reading: false, writing: false });
    loop.change(fd, { reading: true, writing: false });
    kernel.signal(fd);
    await promise;
  } finally {
    kernel.close(fd);
    await loop.release();
  }
});
